"""What the arena tells a voter of a vote: whether it counts, how much, since when, what it changes.

A voter sees the public rule (the page "How it works") and what has happened to the vote so far,
never what a weight is going to be: whoever could try that out would learn from it how to rig.
"""

import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import takewhile
from typing import Any, TypedDict

from django.db import connection
from django.db.models import Window
from django.db.models.functions import RowNumber
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from arena.battles.models import ORIGIN_DAYS, Vote, VoteStanding, VoteWeight
from arena.battles.models.vote import newest_standing_sql
from arena.battles.reading.vote_effects import Effect, effects_of
from arena.leaderboards.boards import OVERALL
from arena.voters.people import person_sql

WEIGHED_WITHIN = timedelta(minutes=12)  # it happens every ten minutes, and takes a while
LITTLE_KNOWN = 20  # votes of a voter up to which theirs are bounded together with others'

COUNTED, HELD, _EXCLUDED = VoteStanding.Standing

COUNTED_BY = f"""
WITH person AS (
    SELECT {person_sql()} AS id FROM voters_voter AS voter WHERE id = %(voter)s
), account AS (
    SELECT id FROM person
    UNION
    SELECT voter.id FROM voters_voter AS voter JOIN person ON voter.merged_into_id = person.id
)
SELECT (
    SELECT count(*) FROM (
        SELECT FROM account JOIN battles_vote AS vote ON vote.voter_id = account.id
        WHERE vote.cast_at <= moment.at AND (
            {newest_standing_sql()}
        ) = 'counted'
        LIMIT %(most)s
    ) AS known
)
FROM unnest(%(moments)s::timestamptz[]) WITH ORDINALITY AS moment(at, place) ORDER BY place
"""  # noqa: S608 - fragments of our own


class PeriodView(TypedDict):
    since: str
    counts: float  # from 0 to 1
    reason: str


class EffectView(TypedDict):
    board: str
    a: float  # points that the vote gives the model on side A
    b: float


class VoteView(TypedDict):
    outcome: str
    cast_at: str
    standing: str
    reason: str | None  # why it does not count
    weight: float  # how much it counts if it does, from 0 to 1
    weight_reason: str | None  # why it does not count fully
    weight_final_at: str  # when it is weighed for the last time
    counts_since: str | None  # None: it does not count, or weighs nothing
    explanation: str  # all of that in words
    history: list[PeriodView]  # oldest first
    effect: EffectView | None  # None: it does not count, was not weighed yet, or weighs nothing


@dataclass(frozen=True, slots=True)
class Period:
    """How much a vote counts from a moment on, from 0 to 1, and why."""

    since: datetime
    share: float
    reason: str


@dataclass(frozen=True, slots=True)
class VoteReport:
    """A vote as its voter sees it; `periods` oldest first.

    If `is_cut`, it may have had earlier weights, which were not asked for.
    """

    vote: Vote
    standing: VoteStanding
    weight: VoteWeight | None
    periods: list[Period]
    explanation: str
    effect: Effect | None
    is_cut: bool

    @property
    def counts_since(self) -> datetime | None:
        """Since when it counts, however much; None if it does not, or weighs nothing."""
        counting = list(takewhile(lambda period: period.share > 0, reversed(self.periods)))
        return counting[-1].since if counting else None


def report_of(vote: Vote) -> VoteReport:
    """The report on one vote."""
    return reports_of([vote])[0]


def first_report(vote: Vote, standing: VoteStanding) -> VoteReport:
    """The report on a vote that is being cast: it has this standing, and no weight yet."""
    return _reports([_Course(vote, [standing], [])])[0]


def reports_of(votes: Collection[Vote], *, most: int | None = None) -> list[VoteReport]:
    """The reports on some votes of one person, in their order.

    Where there are many, fetch their battles' contestants before.

    Args:
        most: of how many weights of each vote to tell, the newest; None: of all.
    """
    return _reports(_courses(votes, most), most)


def _reports(courses: Sequence["_Course"], most: int | None = None) -> list[VoteReport]:
    moments = sorted({moment for course in courses for moment in course.moments})
    known = _counted_by(courses[0].vote.voter_id, moments) if moments else {}
    effects = effects_of({course.vote: course.share for course in courses if course.is_weighed})
    return [
        VoteReport(
            vote=course.vote,
            standing=course.standing,
            weight=course.weight,
            periods=course.periods(known),
            explanation=course.explanation(known),
            effect=effects.get(course.vote.pk),
            is_cut=len(course.weights) == most,
        )
        for course in courses
    ]


def vote_view(report: VoteReport) -> VoteView:
    """The same for the API."""
    vote, weight, since = report.vote, report.weight, report.counts_since
    return {
        "outcome": vote.outcome,
        "cast_at": vote.cast_at.isoformat(),
        "standing": report.standing.standing,
        "reason": report.standing.get_code_display() or None,
        "weight": weight.share if weight else 1.0,
        "weight_reason": weight.explanation() or None if weight else None,
        "weight_final_at": final_at(vote).isoformat(),
        "counts_since": since.isoformat() if since else None,
        "explanation": report.explanation,
        "history": [
            {"since": period.since.isoformat(), "counts": period.share, "reason": period.reason}
            for period in report.periods
        ],
        "effect": _effect_view(report.effect),
    }


def _effect_view(effect: Effect | None) -> EffectView | None:
    if effect is None:
        return None
    a, b = round(effect.points_a, 3), round(effect.points_b, 3)
    return {"board": OVERALL, "a": a, "b": b}


def final_at(vote: Vote) -> datetime:
    """When the vote's weight is no longer recomputed."""
    last = vote.cast_at.astimezone(UTC).date() + timedelta(days=ORIGIN_DAYS)
    return datetime.combine(last, time(), UTC)


@dataclass(frozen=True, slots=True)
class _Course:
    """A vote with its standings and weights, oldest first."""

    vote: Vote
    standings: list[VoteStanding]
    weights: list[VoteWeight]

    @property
    def standing(self) -> VoteStanding:
        return self.standings[-1]

    @property
    def weight(self) -> VoteWeight | None:
        return self.weights[-1] if self.weights else None

    @property
    def share(self) -> float:
        """How much it counts if it does."""
        return self.weight.share if self.weight else 1.0

    @property
    def counts(self) -> bool:
        return self.standing.standing == COUNTED

    @property
    def is_fresh(self) -> bool:
        """Whether it may still wait to be weighed for the first time."""
        return not self.weights and timezone.now() - self.vote.cast_at < WEIGHED_WITHIN

    @property
    def is_weighed(self) -> bool:
        """Whether it counts, as much as its weight says."""
        return self.counts and not self.is_fresh and self.share > 0

    @property
    def moments(self) -> list[datetime]:
        """Those whose report says how many votes of the voter counted by then."""
        if self.counts and self.is_fresh:
            return [self.vote.cast_at]
        return [weight.created_at for weight in self.weights if not weight.group]

    def periods(self, known: Mapping[datetime, int]) -> list[Period]:
        """What it counted from when on; `known` has the votes that counted by each moment."""
        first, *later = self.standings
        counts, share = first.standing == COUNTED, 1.0
        reason = _("You cast it.") if counts else _why_not(first)
        periods = [Period(self.vote.cast_at, float(counts), reason)]
        events: list[VoteStanding | VoteWeight] = [*later, *self.weights]
        for event in sorted(events, key=lambda event: event.created_at):
            if isinstance(event, VoteWeight):
                share, reason = event.share, _why_weight(event, known)
            else:
                counts = event.standing == COUNTED
                reason = _("It counts again.") if counts else _why_not(event)
            periods.append(Period(event.created_at, share if counts else 0.0, reason))
        return periods

    def explanation(self, known: Mapping[datetime, int]) -> str:
        """Whether and how much it counts."""
        if not self.counts:
            return f"{_told_standing(self.standing)} {self.standing.get_code_display()}".rstrip()
        if self.is_fresh:
            return _told_fresh(known[self.vote.cast_at])
        if self.weight is None:
            return _("Your vote counts fully.")
        if self.weight.group:
            return f"{self.weight.explanation()} {_final_sentence(self.vote)}".rstrip()
        return _told_full(self.weight.created_at, known[self.weight.created_at])


def _courses(votes: Collection[Vote], most: int | None) -> list[_Course]:
    standings: dict[int, list[VoteStanding]] = {vote.pk: [] for vote in votes}
    for standing in VoteStanding.objects.filter(vote__in=votes).order_by("pk"):
        standings[standing.vote_id].append(standing)
    weights: dict[int, list[VoteWeight]] = {vote.pk: [] for vote in votes}
    newest = Window(RowNumber(), partition_by="vote", order_by="-pk")
    listed = VoteWeight.objects.filter(vote__in=votes).order_by("pk").annotate(place=newest)
    for weight in listed if most is None else listed.filter(place__lte=most):
        weights[weight.vote_id].append(weight)
    return [_Course(vote, standings[vote.pk], weights[vote.pk]) for vote in votes]


def _counted_by(voter_id: uuid.UUID, moments: Sequence[datetime]) -> dict[datetime, int]:
    """How many votes of this person, cast until each moment, count; more than `LITTLE_KNOWN`
    look the same.
    """
    values: dict[str, Any] = {"voter": voter_id, "moments": list(moments), "most": LITTLE_KNOWN + 1}
    with connection.cursor() as cursor:
        cursor.execute(COUNTED_BY, values)
        return dict(zip(moments, [number for (number,) in cursor], strict=True))


def _why_not(standing: VoteStanding) -> str:
    return str(standing.get_code_display()) or _("It no longer counts.")


def _why_weight(weight: VoteWeight, known: Mapping[datetime, int]) -> str:
    if weight.group:
        return capfirst(weight.why())
    fits = _("The votes that it was weighed with no longer move a model too far.")
    number = known[weight.created_at]
    if number > LITTLE_KNOWN:
        return fits
    by_then = ngettext(
        "By then %(number)s vote of yours counted.",
        "By then %(number)s votes of yours counted.",
        number,
    )
    return f"{fits} {by_then % {'number': number}}"


def _told_standing(standing: VoteStanding) -> str:
    if standing.standing == HELD:
        return _("Your vote is recorded, and does not count for now.")
    return _("Your vote is recorded, but it does not count.")


def _told_fresh(number: int) -> str:
    """Of a vote that was just cast, with which so many votes of its voter count."""
    sentence = _("Your vote counts. Within ten minutes it is weighed with other votes.")
    if number > LITTLE_KNOWN:
        return sentence
    few = ngettext(
        "It is the first of yours that counts: it may weigh less until more are known.",
        "%(number)s votes of yours count: they may weigh less until more are known.",
        number,
    )
    return f"{sentence} {few % {'number': number}}"


def _told_full(since: datetime, number: int) -> str:
    """Of a vote that weighed less before, and how many votes of its voter counted then."""
    values = {"time": date_format(since.astimezone(UTC), "Y-m-d H:i"), "number": number}
    if number > LITTLE_KNOWN:
        return _("Your vote counts fully since %(time)s UTC.") % values
    sentence = ngettext(
        "Your vote counts fully since %(time)s UTC, when %(number)s vote of yours counted.",
        "Your vote counts fully since %(time)s UTC, when %(number)s votes of yours counted.",
        number,
    )
    return sentence % values


def _final_sentence(vote: Vote) -> str:
    if final_at(vote) <= timezone.now():
        return ""
    return _("Its weight may change until %(day)s.") % {"day": date_format(final_at(vote), "Y-m-d")}
