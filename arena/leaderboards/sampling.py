"""How often each pair of contestants is drawn: the probabilities, and past shares of battles."""

import hashlib
from dataclasses import dataclass
from datetime import date, timedelta
from functools import reduce
from operator import add

import numpy as np
from django.core.cache import caches
from django.db.models import F, Q, Sum
from django.utils import timezone

from arena.contestants.catalogue.reading import drawable_contestants
from arena.contestants.models import Contestant
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import OUTCOME_COLUMNS, PairDay, Pairing, PairTotal, Window
from ratings import engine

EXPLORATION = 0.1  # of the battles are drawn from all pairs with equal probability
NEWCOMER_VOTES = 100  # a contestant with fewer is new
NEWCOMER_SHARE = 2  # and gets at most this many times an even share of the battles
PAIRING_SECONDS = 30  # how long a process caches the probabilities

Drawable = tuple[tuple[int, bool], ...]
"""The ids of contestants that can be drawn, ascending, and whether each is provisional."""


def drawable(*, taking_images: bool = False) -> Drawable:
    """All contestants that can be drawn, or only those that take images."""
    listed = drawable_contestants().order_by("pk")
    if taking_images:
        listed = listed.filter(takes_images=True)
    return tuple(
        (pk, state == Contestant.State.PROVISIONAL)
        for pk, state in listed.values_list("pk", "state")
    )


def pairing(contestants: Drawable) -> engine.tables.Floats:
    """The probability that each pair is drawn next: symmetric, (contestants, contestants).

    The sum of a row is the sampling rate of its contestant: the share of battles that it is in.
    A pair's probability is proportional to the expected drop in interval width, by the latest
    fit of the overall board (Chiang et al. 2024, arXiv 2403.04132, section 5). Before the first
    fit, all pairs are equally likely.
    """
    key = f"ratings:pairing:{hashlib.sha256(repr(contestants).encode()).hexdigest()}"
    probabilities = caches["process"].get(key)
    if probabilities is None:
        probabilities = _pairing(contestants)
        caches["process"].set(key, probabilities, PAIRING_SECONDS)
    found: engine.tables.Floats = probabilities
    return found


def _pairing(contestants: Drawable) -> engine.tables.Floats:
    n = len(contestants)
    fit = Pairing.objects.filter(board__slug=OVERALL).first()
    places = {pk: place for place, pk in enumerate(fit.contestants)} if fit else {}
    known = [(here, places[pk]) for here, (pk, _) in enumerate(contestants) if pk in places]
    gain = np.zeros((n, n))
    votes = np.zeros(n)
    if fit is not None and len(known) > 1:
        here, there = (list(index) for index in zip(*known, strict=True))
        gain[np.ix_(here, here)] = np.array(fit.gain)[np.ix_(there, there)]
        votes[here] = np.array(fit.votes)[there]
        unknown = np.setdiff1d(np.arange(n), here)
        gain[unknown, :] = gain[:, unknown] = gain.sum()  # as much as its cap allows
        np.fill_diagonal(gain, 0.0)
    new = (votes < NEWCOMER_VOTES) | np.array(
        [provisional for _, provisional in contestants], dtype=bool
    )
    even = 2 / max(n, 1)
    caps = np.where(new, min(1.0, NEWCOMER_SHARE * even), 1.0)
    return engine.pair_probabilities(gain, floor=EXPLORATION, caps=caps)


@dataclass(frozen=True, slots=True)
class SamplingRate:
    """The share of battles that a contestant is in: expected now, and in the last 30 days.

    `now` is 0 for a contestant that cannot be drawn, `recent` None if nobody voted.
    """

    now: float
    recent: float | None
    recent_votes: int

    @property
    def percent_now(self) -> float:
        return 100 * self.now

    @property
    def percent_recent(self) -> float | None:
        return None if self.recent is None else 100 * self.recent


def sampling_rates() -> dict[int, SamplingRate]:
    """The published sampling rate of every contestant that is or was drawn, by its id."""
    contestants = drawable()
    probabilities = pairing(contestants).sum(axis=1).tolist()
    now = {pk: rate for (pk, _), rate in zip(contestants, probabilities, strict=True)}
    totals = PairTotal.objects.filter(board__slug=OVERALL, window=Window.MONTH)
    votes: dict[int, int] = {}
    whole = 0
    for first, second, counted in totals.values_list("first", "second", COUNTED):
        votes[first] = votes.get(first, 0) + counted
        votes[second] = votes.get(second, 0) + counted
        whole += counted
    return {
        pk: SamplingRate(
            now=now.get(pk, 0.0),
            recent=votes.get(pk, 0) / whole if whole else None,
            recent_votes=votes.get(pk, 0),
        )
        for pk in now.keys() | votes.keys()
    }


COUNTED = reduce(add, map(F, OUTCOME_COLUMNS))


@dataclass(frozen=True, slots=True)
class SampledDay:
    """A day's counted votes on a contestant, and their share of all."""

    day: date
    votes: int
    share: float

    @property
    def percent(self) -> float:
        return 100 * self.share


def sampled_days(contestant: Contestant, days: int = 30) -> list[SampledDay]:
    """How often a contestant was sampled on each of the last days with votes, oldest first."""
    since = timezone.now().date() - timedelta(days=days - 1)
    own = Q(first=contestant) | Q(second=contestant)
    counted = (
        PairDay.objects.filter(board__slug=OVERALL, day__gte=since)
        .values("day")
        .annotate(own=Sum(COUNTED, filter=own, default=0), whole=Sum(COUNTED))
        .order_by("day")
    )
    return [
        SampledDay(entry["day"], entry["own"], entry["own"] / entry["whole"])
        for entry in counted
        if entry["whole"]
    ]
