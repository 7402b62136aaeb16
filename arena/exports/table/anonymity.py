"""Anonymity of the published votes: pseudonyms of voters, and generalised languages and times.

A voter has one pseudonym for the votes of one day in one export. It is a keyed hash of the voter,
the day and the first export that held the vote; the key is random for each export and never stored.
So votes of different days, or of different exports, cannot be linked to one voter. Rows whose
language and time are generalised alike stand in random order.
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

WITHHELD_LANGUAGE = "unknown"  # as LMArena's data call a language that is not published


class Period(StrEnum):
    """How exactly the time of a vote is published."""

    DAY = "day"
    MONTH = "month"
    WITHHELD = "withheld"


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What is published of a vote's language and time; `since` is the first day of its period."""

    language: str
    period: Period
    since: date | None


Cell = tuple[str, date]
"""The language and the day (UTC) of a vote."""


def generalise(counts: Mapping[Cell, int], k: int) -> dict[Cell, Disclosure]:
    """The language and time to publish for each cell, so that at least `k` votes look alike.

    k-anonymity by generalisation (Sweeney 2002, International Journal of Uncertainty, Fuzziness and
    Knowledge-Based Systems 10, 557-570). A day is published if a language has `k` votes on it. The
    other days of the language are published as their month if that has `k` votes, else without a
    time. Languages with fewer than `k` votes in total are published as unknown, and their days are
    generalised together. Fewer than `k` votes may remain without language and time.

    Args:
        counts: votes of each cell.
        k: the size of the smallest group of votes that look alike.
    """
    disclosures: dict[Cell, Disclosure] = {}
    rare: dict[date, list[Cell]] = {}
    by_language = groupby(sorted(counts), key=lambda cell: cell[0])
    for language, cells in ((name, list(of_it)) for name, of_it in by_language):
        days = {day: counts[language, day] for _, day in cells}
        periods = _periods(days, k)
        for day, (period, since) in periods.items():
            if sum(days.values()) < k:
                rare.setdefault(day, []).append((language, day))
            else:
                disclosures[language, day] = Disclosure(language, period, since)
    days = {day: sum(counts[cell] for cell in cells) for day, cells in rare.items()}
    for day, (period, since) in _periods(days, k).items():
        for cell in rare[day]:
            disclosures[cell] = Disclosure(WITHHELD_LANGUAGE, period, since)
    return disclosures


def _periods(days: Mapping[date, int], k: int) -> dict[date, tuple[Period, date | None]]:
    """How exactly to publish each day, by its number of votes.

    If fewer than `k` votes would have no time, the smallest other period loses its time too.
    """
    periods: dict[date, tuple[Period, date | None]] = {
        day: (Period.DAY, day) for day, votes in days.items() if votes >= k
    }
    left = sorted(days.keys() - periods.keys())
    for month, of_it in groupby(left, key=lambda day: day.replace(day=1)):
        few = list(of_it)
        enough = sum(days[day] for day in few) >= k
        period = (Period.MONTH, month) if enough else (Period.WITHHELD, None)
        periods.update(dict.fromkeys(few, period))
    votes = Counter[tuple[Period, date | None]]()
    for day, period in periods.items():
        votes[period] += days[day]
    if 0 < votes.pop((Period.WITHHELD, None), k) < k and votes:
        smallest = min(votes, key=lambda period: (votes[period], period))
        for day, period in periods.items():
            if period == smallest:
                periods[day] = (Period.WITHHELD, None)
    return periods


@dataclass(frozen=True, slots=True)
class Epochs:
    """The export that was the first to hold a vote.

    Args:
        cutoffs: up to when each published export holds votes, in order.
    """

    cutoffs: Sequence[datetime]

    def of(self, cast_at: datetime) -> int:
        return bisect_left(self.cutoffs, cast_at)


@dataclass(frozen=True, slots=True)
class Pseudonyms:
    """Pseudonyms of voters and battles for one export; its key is never stored."""

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
        """The salt that orders the rows at random."""
        return self._keyed("order")

    def _keyed(self, message: str) -> str:
        return hmac.digest(self.key, message.encode(), "sha256")[:16].hex()
