"""Boards, the counts they are fitted from, and what was fitted."""

import pgtrigger
from django.db import models
from django.db.models import F, Q

from arena.contestants.models import Contestant


class Outcome(models.TextChoices):
    """How a battle ended, seen from its sides."""

    A = "a", "A is better"
    B = "b", "B is better"
    TIE = "tie", "Tie"
    BOTH_BAD = "both_bad", "Both are bad"


class Board(models.Model):
    """One leaderboard: overall, or the part of the battles that its name says."""

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in the chooser.")

    class Meta:
        ordering = ["position", "slug"]

    def __str__(self) -> str:
        return self.name


class PairCount(models.Model):
    """How often each outcome of one pair was counted on one board; `first` has the lower id."""

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

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"contestants {self.first_id} and {self.second_id} on board {self.board_id}"


COUNT_IS_SOUND = Q(
    first__lt=F("second"), first_wins__gte=0, second_wins__gte=0, ties__gte=0, both_bad__gte=0
)


class PairTotal(PairCount):
    """The counts of all time, which a refit reads: its size does not grow with votes or days."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["board", "first", "second"], name="pair_total_once"),
            models.CheckConstraint(condition=COUNT_IS_SOUND, name="pair_total_sound"),
        ]


class PairDay(PairCount):
    """The counts of one day (UTC), for boards over a window and for sampling rates over time."""

    day = models.DateField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["board", "day", "first", "second"], name="pair_day_once"
            ),
            models.CheckConstraint(condition=COUNT_IS_SOUND, name="pair_day_sound"),
        ]


class Leaderboard(models.Model):
    """The latest fit of a board: what the page shows between two snapshots."""

    board = models.OneToOneField(Board, on_delete=models.CASCADE, related_name="leaderboard")
    fitted_at = models.DateTimeField()
    votes = models.BigIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the counts it was fitted from.")
    conventions = models.JSONField()
    rows = models.JSONField(help_text="Best first: contestant, rating, interval, ranks, votes.")

    def __str__(self) -> str:
        return f"{self.board} at {self.fitted_at:%Y-%m-%d %H:%M:%S}"


class Snapshot(models.Model):
    """A published leaderboard and all it takes to recompute it. Never changed, never removed."""

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="snapshots")
    published_at = models.DateTimeField()
    votes = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    conventions = models.JSONField()
    counts = models.JSONField(help_text="[first, second, first wins, second wins, ties, both bad]")
    rows = models.JSONField()

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [
            models.UniqueConstraint(fields=["board", "published_at"], name="snapshot_once"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="snapshot_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.board}, {self.published_at:%Y-%m-%d %H:%M}"
