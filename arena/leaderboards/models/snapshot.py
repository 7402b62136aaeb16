"""Published leaderboards."""

import pgtrigger
from django.db import models

from arena.contestants.models import Contestant
from arena.leaderboards.models.board import VARIANT_IS_KNOWN, LeaderboardKey


class Snapshot(LeaderboardKey):
    """A published leaderboard with all it takes to recompute it. Never changed, never removed."""

    published_at = models.DateTimeField()
    since = models.DateField(null=True, help_text="First day of a rolling window.")
    votes = models.BigIntegerField()
    digest = models.CharField(max_length=64)
    conventions = models.JSONField()
    counts = models.JSONField(
        help_text="[first, second, first wins, second wins, ties, both bad], or with style"
        " [first, second, [cell, first wins, second wins, drawn] per cell, sums]"
    )
    rows = models.JSONField()
    diagnostics = models.JSONField()
    clusters = models.JSONField(null=True)
    as_cast = models.JSONField(
        null=True, help_text="Rows of the counts as cast, of pairs with votes that weigh less."
    )

    class Meta:
        ordering = ["-published_at", "-id"]
        constraints = [
            models.UniqueConstraint(
                fields=["board", "style", "window", "published_at"], name="snapshot_once"
            ),
            models.CheckConstraint(condition=VARIANT_IS_KNOWN, name="snapshot_variant_known"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="snapshot_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.board}, {self.style}, {self.window}, {self.published_at:%Y-%m-%d %H:%M}"


class RatingPoint(models.Model):
    """A contestant's line in a snapshot: one point of its rating history."""

    snapshot = models.ForeignKey(Snapshot, on_delete=models.PROTECT, related_name="points")
    contestant = models.ForeignKey(Contestant, on_delete=models.PROTECT, related_name="history")
    rating = models.FloatField()
    lower = models.FloatField()
    upper = models.FloatField()
    rank = models.PositiveIntegerField()
    votes = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["contestant", "snapshot"], name="rating_point_once"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="rating_point_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contestant_id}: {self.rating} in snapshot {self.snapshot_id}"
