"""The evidence on the page of a case: its charts, with the tables of `tables`."""

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from django.conf import settings
from django.utils.translation import gettext as _

from arena.integrity.models import Signal
from arena.leaderboards.models import Outcome
from arena.moderation.evidence.sentences import format_e_value, sentence
from arena.moderation.evidence.tables import (
    GoldResult,
    Newcomers,
    SignalSummary,
    WinShare,
    gold_results,
    newcomers_of,
    signal_summaries,
    win_shares,
)
from arena.moderation.evidence.votes import CaseVote, gold_votes_of
from arena.moderation.models import Case

MOST_POINTS = 200  # of a chart; more would overlap
MOST_LINES = 8
MOST_MODELS = 40  # of the table of win shares, unless all are asked for


@dataclass(frozen=True, slots=True)
class Step:
    """An e-value after a vote, for the table below the chart."""

    number: int
    vote: CaseVote
    e_value: str


@dataclass(frozen=True, slots=True)
class Process:
    """The e-processes of the voters, a line for each: powers of ten by the number of the vote."""

    numbers: list[int]
    lines: list[list[float | None]]
    threshold_power: float
    threshold: str
    highest: str
    steps: list[Step]


@dataclass(frozen=True, slots=True)
class TimingSeries:
    """When votes were cast, in seconds since 1970, and how many seconds each took."""

    votes: list[int]
    cast: list[float]
    seconds: list[float]


@dataclass(frozen=True, slots=True)
class CaseEvidence:
    """The charts and tables of a case."""

    sentence: str
    signals: list[SignalSummary]
    process: Process | None
    win_shares: list[WinShare]
    gold_results: list[GoldResult]
    timing: TimingSeries | None
    hours: list[int]  # votes of each hour of the day, in UTC
    sides: list[tuple[str, int, float]]  # label, votes, per cent
    newcomers: Newcomers | None = None

    @property
    def charts(self) -> dict[str, Any]:
        """The data of the charts, in columns."""
        charts: dict[str, Any] = {"hours": self.hours}
        if self.process:
            charts["process"] = {
                "numbers": self.process.numbers,
                "lines": self.process.lines,
                "threshold": self.process.threshold_power,
            }
        if self.timing:
            charts["timing"] = asdict(self.timing)
        return charts


def evidence_of(case: Case, signal: Signal | None, votes: Sequence[CaseVote]) -> CaseEvidence:
    """The charts and tables of a case, from its votes and its strongest signal."""
    outcomes = Counter(vote.outcome for vote in votes)
    total = max(1, len(votes))
    newcomers = newcomers_of(case)
    return CaseEvidence(
        sentence=sentence(case, signal),
        signals=signal_summaries(case),
        # Only newcomers' votes for the change are held, so both would be biased for them.
        process=None if newcomers else _process(votes),
        win_shares=[] if newcomers else win_shares(votes),
        newcomers=newcomers,
        gold_results=gold_results(gold_votes_of(case)),
        timing=_timing(votes),
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


def _spread(count: int, most: int = MOST_POINTS) -> list[int]:
    """The indices of at most `most` of `count` points, evenly spaced, with the first and last."""
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
    powers = [
        {line[place][0]: line[place][1] / math.log(10) for place in _spread(len(line))}
        for line in lines
    ]
    numbers = sorted(set().union(*powers))
    longest = lines[0]
    return Process(
        numbers=numbers,
        lines=[[power.get(number) for number in numbers] for power in powers],
        threshold_power=-math.log10(settings.ARENA.hold_alpha),
        threshold=f"{1 / settings.ARENA.hold_alpha:,.0f}",
        highest=format_e_value(max(max(log_e for _, log_e, _ in line) for line in lines)),
        steps=[
            Step(longest[place][0], longest[place][2], format_e_value(longest[place][1]))
            for place in _spread(len(longest), 40)
        ],
    )


def _timing(votes: Sequence[CaseVote]) -> TimingSeries | None:
    timed = [vote for vote in votes if vote.decided_ms is not None]
    if not timed:
        return None
    kept = sorted((timed[place] for place in _spread(len(timed))), key=lambda vote: vote.cast)
    return TimingSeries(
        votes=[vote.pk for vote in kept],
        cast=[vote.cast for vote in kept],
        seconds=[(vote.decided_ms or 0) / 1000 for vote in kept],
    )


def _hours(votes: Sequence[CaseVote]) -> list[int]:
    counts = Counter(int(vote.cast // 3600) % 24 for vote in votes)
    return [counts[hour] for hour in range(24)]
