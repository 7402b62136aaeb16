"""Simulate voters for the blind quality check."""

import logging
from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
from django.conf import settings

from arena.battles.models import Vote
from arena.battles.reading import conversations
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Board
from arena.leaderboards.variants import Variant
from arena.moderation.cases.simulated import CASES_EACH, next_time_of_day
from arena.moderation.evidence.votes import SimulatedVote
from arena.moderation.models import Case, Simulation
from arena.moderation.quality.simulated_voters import Suspect, suspect
from ratings.engine import OUTCOMES

logger = logging.getLogger(__name__)


logger = logging.getLogger(__name__)

PERIOD = timedelta(days=30)
MOST_TEXTS = 20_000  # of the newest public conversations


# ---- writes ----


def simulate_voter(now: datetime, rng: np.random.Generator) -> Simulation | None:
    """Simulate a voter, if the share of simulated cases is too small.

    Returns None on a young site: the simulated votes must be younger than the site, and their
    conversations must be public.
    """
    if not _wanted(now):
        return None
    counts = counts_of(Variant(Board.objects.get(slug=OVERALL)), as_cast=True)
    places = {pk: place for place, pk in enumerate(counts.ids)}
    texts: defaultdict[tuple[int, int], list[int]] = defaultdict(list)
    newest = conversations.visible().order_by("-pk")[:MOST_TEXTS]
    columns = ("battle__vote", "battle__contestant_a", "battle__contestant_b")
    for vote, a, b in newest.values_list(*columns):
        if a in places and b in places:
            texts[places[a], places[b]].append(vote)
    rigs = bool(rng.random() < 0.5)
    alpha = settings.ARENA.hold_alpha
    found = suspect(counts.table, texts, rigs=rigs, alpha=alpha, rng=rng)
    rows = found and _rows(found, counts.ids, now)
    if found is None or not rows:
        logger.info("The quality check simulated no voter this time.")
        return None
    model = found.alternative.model
    detail = {"votes": len(rows), "alternative": found.alternative.kind}
    shown = rng.permutation([found.suspected, len(rows)]).tolist()
    if model is not None:
        detail["contestant"] = counts.ids[model]
    if found.alternative.side is not None:
        detail["side"] = OUTCOMES[found.alternative.side]
    return Simulation.objects.create(
        truth=Simulation.Truth.RIGGER if rigs else Simulation.Truth.HONEST,
        kind=found.kind,
        detail=detail,
        votes=rows,
        shown=shown,
        due_at=next_time_of_day(rows[shown[0] - 1]["at"], now),
    )


def _wanted(now: datetime) -> bool:
    """Whether one more simulated voter would keep the share of simulated cases."""
    real = Case.objects.filter(simulation=None, battle=None, opened_at__gte=now - PERIOD).count()
    simulated = CASES_EACH * Simulation.objects.filter(created_at__gte=now - PERIOD).count()
    share = settings.ARENA.quality_check_share
    return bool(simulated + CASES_EACH <= share * (real + simulated + CASES_EACH))


def _rows(found: Suspect, ids: Sequence[int], now: datetime) -> list[SimulatedVote]:
    """The votes as `Simulation` stores them; none if they are older than the site.

    Their ids look like those of real votes of that time.
    """
    votes = Vote.objects.order_by("cast_at")
    first, last = votes.first(), votes.last()
    end = found.votes[-1].at
    midnight = next_time_of_day(end, now) - timedelta(seconds=end)
    moments = np.array([midnight.timestamp() + vote.at for vote in found.votes])
    if first is None or last is None or moments[0] < first.cast_at.timestamp():
        return []
    span = [first.cast_at.timestamp(), last.cast_at.timestamp()]
    numbers = np.interp(moments, span, [first.pk, last.pk]).astype(int)
    place = np.arange(len(numbers))
    numbers = np.maximum.accumulate(numbers - place) + place
    return [
        SimulatedVote(
            pk=int(number),
            texts=vote.texts,
            a=ids[vote.a],
            b=ids[vote.b],
            outcome=OUTCOMES[vote.outcome],
            at=vote.at,
            decided_ms=round(1000 * vote.seconds),
            difference=vote.difference,
            log_e=vote.log_e,
        )
        for number, vote in zip(numbers, found.votes, strict=True)
    ]
