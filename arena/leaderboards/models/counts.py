"""The counts of votes that leaderboards are fitted from."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q

from arena.contestants.models import Contestant
from arena.leaderboards.models.board import Board, Window
from arena.voters.models import CLUSTERS
from ratings.engine import GRID


def no_voters() -> list[int]:
    return [0] * 2 * CLUSTERS


OUTCOME_COLUMNS = ("first_wins", "second_wins", "ties", "both_bad")
"""The columns of outcomes, in the order of `ratings.engine.OUTCOMES`."""

_VOTERS_END = len(OUTCOME_COLUMNS) + 2 * CLUSTERS
_CELLS_END = _VOTERS_END + 3 * GRID.cells
DISCOUNT_LENGTH = _CELLS_END + GRID.ranges
DISCOUNTED = {
    "outcomes": slice(0, len(OUTCOME_COLUMNS)),
    "voters": slice(len(OUTCOME_COLUMNS), _VOTERS_END),
    "cells": slice(_VOTERS_END, _CELLS_END),
    "sums": slice(_CELLS_END, DISCOUNT_LENGTH),
}
"""Where the parts of `PairCount.discount` stand, from 0."""


class PairCount(models.Model):
    """How often each outcome of one pair was counted on one board; `first` has the lower id.

    `cells` and `sums` are the same votes sorted by style, as `ratings.engine.StyledTable` takes
    them: for each cell of `ratings.engine.GRID` the wins of the first, the wins of the second and
    the ties; for each range of each feature the sum of its differences in thousandths, first minus
    second.
    They are as long for ten million votes as for one.

    `voters` has the votes of each cluster of voters (`Voter.cluster`), then the half points that
    they gave the first: what intervals clustered by voter are made from.

    All of these are the votes as they were cast. `discount` is what weights below 1 take off them,
    in tenths, with the parts of `DISCOUNTED` one after the other; null where all weigh 1.
    """

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="+")
    first = models.ForeignKey(
        Contestant, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    second = models.ForeignKey(
        Contestant, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    first_wins = models.BigIntegerField(default=0)
    second_wins = models.BigIntegerField(default=0)
    ties = models.BigIntegerField(default=0)
    both_bad = models.BigIntegerField(default=0)
    cells = ArrayField(models.IntegerField(), size=3 * GRID.cells)
    sums = ArrayField(models.BigIntegerField(), size=GRID.ranges)
    voters = ArrayField(models.IntegerField(), size=2 * CLUSTERS, default=no_voters)
    discount = ArrayField(models.BigIntegerField(), size=DISCOUNT_LENGTH, null=True)

    class Meta:
        abstract = True


NO_CELL_IS_NEGATIVE = Func(
    F("cells"), template="0 <= ALL(%(expressions)s)", output_field=models.BooleanField()
)
NO_VOTER_IS_NEGATIVE = Func(
    F("voters"), template="0 <= ALL(%(expressions)s)", output_field=models.BooleanField()
)
COUNT_IS_SOUND = (
    Q(first__lt=F("second"), first_wins__gte=0, second_wins__gte=0, ties__gte=0, both_bad__gte=0)
    & Q(cells__len=3 * GRID.cells, sums__len=GRID.ranges, voters__len=2 * CLUSTERS)
    & Q(NO_CELL_IS_NEGATIVE)
    & Q(NO_VOTER_IS_NEGATIVE)
)
# Of a pair without a discount all of this is null, which a constraint lets pass.
NO_DISCOUNT_IS_NEGATIVE = Func(
    F("discount"),
    template=f"0 <= ALL((%(expressions)s)[1:{DISCOUNTED['sums'].start}])",
    output_field=models.BooleanField(),
)
DISCOUNT_IS_SOUND = (
    Q(discount__len=DISCOUNT_LENGTH)
    & Q(discount__0__lte=10 * F("first_wins"), discount__1__lte=10 * F("second_wins"))
    & Q(discount__2__lte=10 * F("ties"), discount__3__lte=10 * F("both_bad"))
    & Q(NO_DISCOUNT_IS_NEGATIVE)
)


class PairTotal(PairCount):
    """The counts of a window, which a refit reads: its size does not grow with votes or days."""

    window = models.CharField(max_length=3, choices=Window.choices)
    revision = models.BigIntegerField(
        default=0,
        help_text="Grows with each change, so that a board's sum tells whether it changed.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["board", "window", "first", "second"], name="pair_total_once"
            ),
            models.CheckConstraint(condition=COUNT_IS_SOUND, name="pair_total_sound"),
            models.CheckConstraint(condition=DISCOUNT_IS_SOUND, name="pair_total_discount_sound"),
            models.CheckConstraint(
                condition=Q(window__in=["all", "30d"]), name="pair_total_window_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.first_id}-{self.second_id} on board {self.board_id}, {self.window}"


class PairDay(PairCount):
    """The counts of one day (UTC): what leaves a window, and sampling rates over time."""

    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["board", "day", "first", "second"], name="pair_day_once"
            ),
            models.CheckConstraint(condition=COUNT_IS_SOUND, name="pair_day_sound"),
            models.CheckConstraint(condition=DISCOUNT_IS_SOUND, name="pair_day_discount_sound"),
        ]

    def __str__(self) -> str:
        return f"{self.first_id}-{self.second_id} on board {self.board_id}, {self.day}"


class WindowStart(models.Model):
    """The first day whose votes a rolling window's totals hold."""

    window = models.CharField(max_length=3, choices=Window.choices, primary_key=True)
    first_day = models.DateField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(window__in=["30d"]), name="window_start_of_rolling_window"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.window} from {self.first_day}"
