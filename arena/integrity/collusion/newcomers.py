"""Find newcomers' votes that no honest crowd would cast; hold them, and release some again.

The statistics are in `arena.integrity.statistics.newcomers.changes`. The prediction for each day is
stored in `NewcomersDay`, and votes never change, so anybody can repeat the test.
"""

import math
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.utils import timezone

from arena.battles.models import Vote, VoteStanding
from arena.battles.voting.standing import change_standing
from arena.integrity.board import all_contestants
from arena.integrity.models import NewcomersAcknowledgement, NewcomersDay, Signal
from arena.integrity.signals import record_signal
from arena.integrity.statistics.board import UNKNOWN, predict
from arena.integrity.statistics.newcomers.betting import Change
from arena.integrity.statistics.newcomers.changes import find_changes
from arena.integrity.statistics.newcomers.crowd import Day, Sort, ties_of
from arena.integrity.statistics.newcomers.first_votes import FIRST, Cast, firsts, running
from arena.integrity.statistics.prediction import Prediction
from arena.integrity.statistics.weights.vote_weights import together
from arena.integrity.weights.period import SCORES, Numbers, Period, Votes
from ratings.engine import PairTable

LATE = timedelta(minutes=5)  # votes of a day may arrive so long after its end
CHANGED_AT_ONCE = 100  # each vote locks the counts of its pair until the batch is committed
RELEASED_AFTER = 15  # weighed votes without evidence against the account


def hold_newcomers(period: Period) -> set[int]:
    """Hold newcomers' votes that no honest crowd would cast, and record signals.

    Votes whose standing changed before are left alone. Returns the votes (ids) held now.
    """
    kept = _kept(period)
    untouched = period.votes.among((period.votes.is_counted & period.votes.is_untouched) == 1)
    days = [row.day for row in kept]
    held: set[int] = set()
    for change in find(period, kept):
        due = np.intersect1d(change.votes, untouched.id)
        if len(due):
            held |= _hold(change, due.tolist(), days)
    return held


def find(period: Period, kept: Sequence[NewcomersDay]) -> list[Change]:
    """The changes by newcomers in these days, against the stored prediction of each."""
    ids = np.array(all_contestants(), dtype=np.int64)
    order = np.argsort(period.votes.id)
    votes = period.votes.among(order[period.votes.came_counted[order] == 1])
    places = np.full(int(max(votes.day.max(initial=0), 0)) + 1, -1, dtype=np.intp)
    for place, row in enumerate(kept):
        number = (row.day - period.since).days
        if number < len(places):
            places[number] = place
    return find_changes(
        firsts(_cast(votes, places[votes.day], ids), _earlier(votes)),
        [_day(row, period, ids) for row in kept],
        settings.ARENA.hold_alpha,
        acknowledged=_acknowledged(ids),
    )


def _cast(votes: Votes, day: Numbers, ids: Numbers) -> Cast:
    return Cast(
        vote=votes.id,
        voter=votes.person,
        day=day,
        a=np.searchsorted(ids, votes.a),
        b=np.searchsorted(ids, votes.b),
        score=SCORES[votes.outcome],
    )


def _earlier(votes: Votes) -> np.ndarray[Any, np.dtype[np.float64]]:
    earlier = np.zeros(int(votes.person.max(initial=0)) + 1)
    earlier[votes.person] = votes.earlier
    return earlier


def _day(row: NewcomersDay, period: Period, ids: Numbers) -> Day:
    """A stored day with all contestants (ids); those not on its board have no known strength."""
    n, inside = len(ids), np.searchsorted(ids, row.contestants)
    strengths, covariance = np.zeros(n), UNKNOWN**2 * np.eye(n)
    strengths[inside] = np.frombuffer(bytes(row.strengths))
    known = np.frombuffer(bytes(row.covariance), dtype=np.float32).reshape(2 * (len(inside),))
    covariance[np.ix_(inside, inside)] = known
    drawn = np.zeros((n, n))
    of_day = period.drawn[period.drawn[:, 0] == (row.day - period.since).days]
    a, b = (np.searchsorted(ids, of_day[:, column]) for column in (1, 2))
    np.add.at(drawn, (a, b), of_day[:, 3])
    return Day(Prediction(strengths, covariance), row.ties, row.number, drawn + drawn.T)


def _acknowledged(ids: Numbers) -> dict[tuple[int, Sort], int]:
    """The newest vote that moderators acknowledged, by place of the contestant and change."""
    rows = NewcomersAcknowledgement.objects.filter(is_withdrawn=False).order_by("newest")
    return {
        (int(np.searchsorted(ids, row.contestant_id)), Sort[row.change.upper()]): row.newest
        for row in rows
    }


def _kept(period: Period) -> list[NewcomersDay]:
    """The prediction of each day that has begun; store those that are missing."""
    kept = list(NewcomersDay.objects.filter(day__gte=period.since).order_by("day"))
    newest = kept[-1] if kept else NewcomersDay.objects.order_by("-day").first()
    begin = max(period.since, newest.day + timedelta(days=1)) if newest else period.since
    number = newest.number if newest else 0
    for later in range(((timezone.now() - LATE).date() - begin).days + 1):
        day, number = begin + timedelta(later), number + 1
        kept.append(NewcomersDay.objects.create(number=number, **_established(period, day)))
    return kept


def _established(period: Period, day: date) -> dict[str, Any]:
    """The board of established voters' votes before a day, as `NewcomersDay` keeps it."""
    ids = period.contestants
    votes = period.votes.among(np.argsort(period.votes.id))
    number = running(votes.person.astype(np.intp)) + votes.earlier
    chosen = (number >= FIRST) & (votes.day < (day - period.since).days) & (votes.is_counted == 1)
    votes = votes.among(chosen)
    a, b = np.searchsorted(ids, votes.a), np.searchsorted(ids, votes.b)
    names = [str(place) for place in range(len(ids))]
    table = PairTable.from_votes(names, a, b, votes.outcome, votes.tenths / 10)
    table = together(period.board_before(ids), table)
    strengths, covariance, ties = np.zeros(len(ids)), UNKNOWN**2 * np.eye(len(ids)), 1.0
    if table.total:
        board = predict(table)
        strengths, covariance = board.strengths, board.covariance
        difference = strengths[table.first] - strengths[table.second]
        cells = table.cells
        ties = ties_of(difference, cells.sum(axis=1), cells[:, 2:].sum(axis=1))
    return {
        "day": day,
        "contestants": ids.tolist(),
        "strengths": strengths.tobytes(),
        "covariance": covariance.astype(np.float32).tobytes(),
        "ties": ties,
    }


def _hold(change: Change, due: Sequence[int], days: Sequence[date]) -> set[int]:
    """Record a change, and hold these of its votes (ids)."""
    votes = list(
        Vote.objects.filter(pk__in=due)
        .select_related("battle")
        .order_by("battle__contestant_a", "battle__contestant_b", "pk")
    )
    detail = described(change, days)
    record_signal(
        Signal.Kind.NEWCOMERS,
        {vote.voter_id for vote in votes},
        # Scaled to the whole site, any contestant and day, so that it compares with other signals.
        log_e=change.log_e - change.needed - math.log(settings.ARENA.hold_alpha),
        detail=detail,
    )
    reason = (
        "Held for review: newcomers' votes about this model, taken together, are not those of any "
        f"honest crowd, at a level of {settings.ARENA.hold_alpha:.0%} for the whole site. About "
        f"{detail['honest']} of {detail['votes']} such votes are expected to be honest."
    )
    for begin in range(0, len(votes), CHANGED_AT_ONCE):
        with transaction.atomic():
            for vote in votes[begin : begin + CHANGED_AT_ONCE]:
                change_standing(
                    vote,
                    VoteStanding.Standing.HELD,
                    code=VoteStanding.Code.NEWCOMERS,
                    reason=reason,
                )
    return {vote.pk for vote in votes}


def described(change: Change, days: Sequence[date]) -> dict[str, Any]:
    """A change as a signal's `detail` has it.

    `contestant` (id) and `change`: whom it is about, and what newcomers do to them. `votes` speak
    for it, `accounts` cast them, `honest` of them are expected to be honest. Of all `cast` votes of
    newcomers on the contestant in that time: `score`, the mean as `Sort` counts it, `most` of an
    honest crowd, and `board` of established voters. The same of each of the `days`.
    """
    votes = Vote.objects.filter(pk__in=change.votes.tolist())
    return {
        "contestant": all_contestants()[change.model],
        "change": change.sort.name.lower(),
        "votes": len(change.votes),
        "accounts": votes.values("voter").distinct().count(),
        "honest": round(change.honest),
        "cast": len(change.cast),
        "score": change.score,
        "most": change.most,
        "board": change.board,
        "days": [
            {
                "day": day.isoformat(),
                "cast": int(cast),
                "score": score,
                "most": most,
                "board": board,
            }
            for day, (cast, score, most, board) in zip(days, change.days.tolist(), strict=True)
            if cast
        ],
    }


def release_newcomers() -> int:
    """Count the votes again of accounts that have voted honestly since.

    No moderator decided about them, the voter has at least `RELEASED_AFTER` weighed votes, and an
    e-value of at most 1. Returns the number of votes.
    """
    shown = Q(
        vote__voter__evidence__votes__gte=RELEASED_AFTER,
        vote__voter__evidence__log_e__lte=0,
        vote__voter__evidence__hold_due=False,
    ) | Q(
        vote__voter__merged_into__evidence__votes__gte=RELEASED_AFTER,
        vote__voter__merged_into__evidence__log_e__lte=0,
        vote__voter__merged_into__evidence__hold_due=False,
    )
    standings = VoteStanding.objects.filter(
        shown, code=VoteStanding.Code.NEWCOMERS, standing=VoteStanding.Standing.HELD, author=None
    )
    due = list(
        standings.in_force()
        .select_related("vote__battle", "vote__voter__evidence")
        .order_by("vote__battle__contestant_a", "vote__battle__contestant_b", "vote")
    )
    for begin in range(0, len(due), CHANGED_AT_ONCE):
        with transaction.atomic():
            for standing in due[begin : begin + CHANGED_AT_ONCE]:
                change_standing(
                    standing.vote,
                    VoteStanding.Standing.COUNTED,
                    reason=f"Released: {RELEASED_AFTER} votes of this voter are honest ones.",
                )
    return len(due)


def acknowledge_newcomers(contestant_id: int, change: str, decision: int) -> None:
    """Acknowledge a change of a contestant: only later votes are evidence of it.

    Args:
        decision: the moderator's decision (id).
    """
    newest = Vote.objects.order_by("-pk").values_list("pk", flat=True).first()
    NewcomersAcknowledgement.objects.get_or_create(
        decision=decision,
        defaults={"contestant_id": contestant_id, "change": change, "newest": newest or 0},
    )


def revoke_newcomers_acknowledgement(decision: int) -> None:
    """Revoke the acknowledgement of a decision (id)."""
    NewcomersAcknowledgement.objects.filter(decision=decision).update(is_withdrawn=True)
