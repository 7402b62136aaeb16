"""What the page of a case shows of its votes: figures, and the coordinates of their pictures."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _
from numpy.typing import NDArray
from scipy.special import expit

from arena.contestants.models import Contestant
from arena.integrity.core.preference import Floats
from arena.integrity.habits import HABITS
from arena.integrity.models import Signal
from arena.moderation.models import Case
from arena.moderation.votes import CaseVote, signals_of
from ratings.models import Outcome

WIDTH, HEIGHT, PAD = 600, 160, 10
MOST_POINTS = 200  # of a picture; more are not told apart
MOST_LINES = 8
MOST_MODELS = 40  # of the table of what was picked, unless all are asked for
Z = 1.96


@dataclass(frozen=True, slots=True)
class Step:
    """An e-value after a vote, for the table behind the picture."""

    number: int
    vote: CaseVote
    e_value: str


@dataclass(frozen=True, slots=True)
class Process:
    """The e-processes over the votes, on a logarithmic axis, one line for each voter."""

    lines: list[str]
    threshold_y: str
    threshold: str
    highest: str
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class Picked:
    """How often a contestant was picked, with Wilson's 95% interval, and what the board predicts.

    Shares in per cent of the `votes` that picked a side.
    """

    contestant: Contestant
    votes: int
    share: float
    low: float
    high: float
    expected: float

    @property
    def width(self) -> float:
        return self.high - self.low

    @property
    def is_odd(self) -> bool:
        return not self.low <= self.expected <= self.high


@dataclass(frozen=True, slots=True)
class Dot:
    """A vote on the timeline: when it was cast, and how long it took."""

    x: str
    y: str
    vote: CaseVote
    seconds: float


@dataclass(frozen=True, slots=True)
class Hour:
    """Votes of an hour of the day, in UTC."""

    hour: int
    votes: int
    x: str
    y: str
    height: str


@dataclass(frozen=True, slots=True)
class Told:
    """A signal of some of a case's voters, in words; `e_value` is empty if it has none."""

    at: datetime
    text: str
    e_value: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of a case's pictures."""

    sentence: str
    signals: list[Told]
    process: Process | None
    picked: list[Picked]
    dots: list[Dot]
    hours: list[Hour]
    sides: list[tuple[str, int, float]]  # label, votes, per cent


def evidence_of(case: Case, signal: Signal | None, votes: Sequence[CaseVote]) -> Evidence:
    """The pictures of a case, from its votes and the signal that tells most."""
    outcomes = Counter(vote.outcome for vote in votes)
    total = max(1, len(votes))
    return Evidence(
        sentence=sentence(case, signal),
        signals=_signals(case),
        process=_process(votes),
        picked=_picked(votes),
        dots=_dots(votes),
        hours=_hours(votes),
        sides=[
            (label, outcomes[outcome], 100 * outcomes[outcome] / total)
            for outcome, label in (
                (Outcome.A, _("Side A")),
                (Outcome.B, _("Side B")),
                (Outcome.TIE, _("Tie")),
                (Outcome.BOTH_BAD, _("Both bad")),
            )
        ],
    )


def told(log_e: float) -> str:
    """An e-value as it is written: 2,300, or 10^12 where nobody counts digits."""
    if log_e > math.log(1e9):
        return f"10^{log_e / math.log(10):.0f}"
    e = math.exp(log_e)
    digits = max(0, len(f"{e:.0f}") - 2)
    return f"{round(e, -digits):,.0f}" if e >= 10 else f"{e:.2g}"


def sentence(case: Case, signal: Signal | None) -> str:
    """What is unusual, and how sure that is, in plain words."""
    name = case.contestant.name if case.contestant else None
    what = _unusual(case.kind, signal.detail if signal else {}, name)
    if case.log_e <= 0:
        return what + " " + _("No e-value belongs to it: it says where to look, nothing more.")
    return (
        what
        + " "
        + _("E-value %(e)s: an honest voter ever gets there with a chance of at most 1 in %(e)s.")
        % {"e": told(case.log_e)}
    )


def _unusual(kind: str, detail: dict[str, Any], name: str | None) -> str:
    if kind == Signal.Kind.GROUP:
        return _("Voters who share networks or prompts favour the same side together.")
    if habit := HABITS.get(detail.get("habit", "")):
        return habit.told(detail["measure"])
    names = {"model": name or _("one model"), "side": str(detail.get("side", "")).upper()}
    return {
        "favours": _("Votes for %(model)s more often than any honest taste explains."),
        "disfavours": _("Votes against %(model)s more often than any honest taste explains."),
        "omnipresent": _("Votes in every battle for the outcome that helps %(model)s."),
        "seeks": _("Decides battles of %(model)s, and leaves those of others undecided."),
        "side": _("Picks side %(side)s, whatever the answers are."),
        "pattern": _("Picks sides by a pattern, whatever the answers are."),
        "random": _("Picks at random, whatever the answers are."),
    }.get(detail.get("alternative", ""), _("Votes as no honest voter would.")) % names


def _signals(case: Case) -> list[Told]:
    """All that was told of the case's voters, in this case or another, the newest first."""
    signals = signals_of(case)
    names = dict(
        Contestant.objects.filter(
            pk__in=[signal.detail.get("contestant") for signal in signals]
        ).values_list("pk", "name")
    )
    return [
        Told(
            signal.created_at,
            _unusual(signal.kind, signal.detail, names.get(signal.detail.get("contestant"))),
            "" if signal.log_e is None else told(signal.log_e),
        )
        for signal in signals
    ]


def _spread(count: int, most: int = MOST_POINTS) -> list[int]:
    """Places of at most `most` of so many points, the first and the last among them."""
    places = np.linspace(0, count - 1, min(count, most)).round().astype(int)
    return [int(place) for place in np.unique(places)]


def _process(votes: Sequence[CaseVote]) -> Process | None:
    weighed: dict[Any, list[tuple[int, float, CaseVote]]] = {}
    for vote in votes:
        if vote.number is not None and vote.log_e is not None:
            weighed.setdefault(vote.voter_id, []).append((vote.number, vote.log_e, vote))
    if not weighed:
        return None
    lines = sorted(weighed.values(), key=len, reverse=True)[:MOST_LINES]
    threshold = -math.log(settings.ARENA_HOLD_ALPHA)
    last = max(line[-1][0] for line in lines)
    highest = max(max(log_e for _, log_e, _ in line) for line in lines)
    top, bottom = max(highest, threshold) * 1.05, min(min(x for _, x, _ in line) for line in lines)
    bottom = min(bottom, 0.0)

    def y(log_e: float) -> str:
        return f"{HEIGHT - PAD - (HEIGHT - 2 * PAD) * (log_e - bottom) / (top - bottom):.1f}"

    def points(line: list[tuple[int, float, CaseVote]]) -> str:
        kept = (line[place] for place in _spread(len(line)))
        scale = (WIDTH - 2 * PAD) / max(1, last - 1)
        return " ".join(f"{PAD + scale * (n - 1):.1f},{y(log_e)}" for n, log_e, _ in kept)

    longest = lines[0]
    return Process(
        lines=[points(line) for line in lines],
        threshold_y=y(threshold),
        threshold=f"{1 / settings.ARENA_HOLD_ALPHA:,.0f}",
        highest=told(highest),
        steps=[
            Step(longest[place][0], longest[place][2], told(longest[place][1]))
            for place in _spread(len(longest), 40)
        ],
    )


def _picked(votes: Sequence[CaseVote]) -> list[Picked]:
    decisive = [
        vote
        for vote in votes
        if not vote.is_check and vote.outcome in {Outcome.A, Outcome.B} and vote.number is not None
    ]
    if not decisive:
        return []
    sides = np.array([(vote.a, vote.b) for vote in decisive])
    won = np.array([vote.outcome == Outcome.A for vote in decisive], dtype=float)
    p = expit(np.array([vote.difference or 0.0 for vote in decisive]))
    ids, place = np.unique(sides.T.ravel(), return_inverse=True)
    n = np.bincount(place)
    share = np.bincount(place, np.concatenate([won, 1 - won])) / n
    expected = np.bincount(place, np.concatenate([p, 1 - p])) / n
    low, high = wilson(share, n)
    contestants = Contestant.objects.in_bulk(ids.tolist())
    order = np.argsort(-np.abs(share - expected) * np.sqrt(n))
    return [
        Picked(
            contestant=contestants[int(ids[i])],
            votes=int(n[i]),
            **{
                name: round(100 * float(values[i]), 1)
                for name, values in (
                    *(("share", share), ("expected", expected)),
                    *(("low", low), ("high", high)),
                )
            },
        )
        for i in order
    ]


def wilson(share: Floats, n: NDArray[np.integer]) -> tuple[Floats, Floats]:
    """95% intervals of shares of `n`, in their shape.

    Wilson 1927, Journal of the American Statistical Association 22, 209-212.
    """
    centre = (share + Z**2 / (2 * n)) / (1 + Z**2 / n)
    half = Z / (1 + Z**2 / n) * np.sqrt(share * (1 - share) / n + Z**2 / (4 * n**2))
    return np.maximum(centre - half, 0.0), np.minimum(centre + half, 1.0)


def _dots(votes: Sequence[CaseVote]) -> list[Dot]:
    timed = [vote for vote in votes if vote.decided_ms is not None]
    if not timed:
        return []
    begin, end = timed[0].cast, timed[-1].cast

    def x(moment: float) -> str:
        return f"{PAD + (WIDTH - 2 * PAD) * (moment - begin) / ((end - begin) or 1.0):.1f}"

    def y(taken: float) -> str:
        share = math.log10(min(max(taken, 0.1), 1000) / 0.1) / 4  # a tenth to a thousand seconds
        return f"{HEIGHT - PAD - (HEIGHT - 2 * PAD) * share:.1f}"

    kept = [timed[place] for place in _spread(len(timed))]
    times = [(vote.decided_ms or 0) / 1000 for vote in kept]
    return [
        Dot(x(vote.cast), y(taken), vote, taken) for vote, taken in zip(kept, times, strict=True)
    ]


def _hours(votes: Sequence[CaseVote]) -> list[Hour]:
    counts = Counter(int(vote.cast // 3600) % 24 for vote in votes)
    most = max(counts.values(), default=1)
    heights = [(HEIGHT - 2 * PAD) * counts[hour] / most for hour in range(24)]
    return [
        Hour(
            hour,
            counts[hour],
            f"{PAD + 24 * hour:.0f}",
            f"{HEIGHT - PAD - height:.1f}",
            f"{height:.1f}",
        )
        for hour, height in enumerate(heights)
    ]
