"""What keeps an export from telling who voted: pseudonyms, and cells too small to be shown.

A voter's votes carry one pseudonym for a day, and no longer: a key drawn for each export and thrown
away makes it, from voter, day and the first export that held the vote. So rows that are alike in
two exports, as they must be, lead from no vote to another that the newer export does not show
together anyway. Rows of a day, or of what is coarser, stand in random order.
"""

import hmac
import secrets
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from itertools import groupby
from typing import Self

WITHHELD_LANGUAGE = "unknown"  # LMArena's word for a language that is not told


class Period(StrEnum):
    """How exactly the time of a vote is told."""

    DAY = "day"
    MONTH = "month"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Shown:
    """What is told of a vote's language and time; `since` is the first day of its period."""

    language: str
    period: Period
    since: date | None


Cell = tuple[str, date]
"""The language and the day (UTC) of a vote."""


def coarsened(counts: Mapping[Cell, int], smallest: int) -> dict[Cell, Shown]:
    """What is told of the votes of each cell, so that at least `smallest` votes look alike.

    A day is told where the votes of a language on it are enough; of what is left of the language,
    the month; then no time. A language that has too few votes altogether is not told, and its votes
    begin again together with those of the others like it. At the very last, fewer than `smallest`
    votes may be left without language and time.

    Args:
        counts: votes of each cell.
    """
    shown: dict[Cell, Shown] = {}
    nameless: dict[date, list[Cell]] = {}
    by_language = groupby(sorted(counts), key=lambda cell: cell[0])
    for language, cells in ((name, list(of_it)) for name, of_it in by_language):
        days = {day: counts[language, day] for _, day in cells}
        periods = _periods(days, smallest)
        for day, (period, since) in periods.items():
            if sum(days.values()) < smallest:
                nameless.setdefault(day, []).append((language, day))
            else:
                shown[language, day] = Shown(language, period, since)
    days = {day: sum(counts[cell] for cell in cells) for day, cells in nameless.items()}
    for day, (period, since) in _periods(days, smallest).items():
        for cell in nameless[day]:
            shown[cell] = Shown(WITHHELD_LANGUAGE, period, since)
    return shown


def _periods(days: Mapping[date, int], smallest: int) -> dict[date, tuple[Period, date | None]]:
    """How exactly each day's votes are told, by their number.

    If few are left without time, the smallest of the others join them.
    """
    periods: dict[date, tuple[Period, date | None]] = {
        day: (Period.DAY, day) for day, votes in days.items() if votes >= smallest
    }
    left = sorted(days.keys() - periods.keys())
    for month, of_it in groupby(left, key=lambda day: day.replace(day=1)):
        few = list(of_it)
        enough = sum(days[day] for day in few) >= smallest
        told = (Period.MONTH, month) if enough else (Period.WITHHELD, None)
        periods.update(dict.fromkeys(few, told))
    votes = Counter[tuple[Period, date | None]]()
    for day, told in periods.items():
        votes[told] += days[day]
    if 0 < votes.pop((Period.WITHHELD, None), smallest) < smallest and votes:
        smallest_told = min(votes, key=lambda told: (votes[told], told))
        for day, told in periods.items():
            if told == smallest_told:
                periods[day] = (Period.WITHHELD, None)
    return periods


@dataclass(frozen=True, slots=True)
class Epochs:
    """Which export was the first to hold a vote.

    Args:
        cutoffs: up to when each published export holds votes, in order.
    """

    cutoffs: Sequence[datetime]

    def of(self, cast_at: datetime) -> int:
        return bisect_left(self.cutoffs, cast_at)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Names of voters and battles that hold within one export; its key is never kept."""

    epochs: Epochs
    key: bytes = field(repr=False)

    @classmethod
    def drawn(cls, epochs: Epochs) -> Self:
        return cls(epochs, secrets.token_bytes(32))

    def voter(self, voter: str, cast_at: datetime) -> str:
        """32 hexadecimal digits."""
        return self._keyed(f"voter {voter} {cast_at.date()} {self.epochs.of(cast_at)}")

    def battle(self, battle: str) -> str:
        """32 hexadecimal digits."""
        return self._keyed(f"battle {battle}")

    def salt(self) -> str:
        """Of the order of the rows."""
        return self._keyed("order")

    def _keyed(self, message: str) -> str:
        return hmac.digest(self.key, message.encode(), "sha256")[:16].hex()
