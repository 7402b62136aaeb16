"""The latest fits of leaderboards, and each contestant's live Elo rating."""

from django.db import models
from django.db.models.functions import Now

from arena.contestants.models import Contestant
from arena.leaderboards.models.board import VARIANT_IS_KNOWN, Board, LeaderboardKey


class LiveElo(models.Model):
    """A contestant's online Elo: moved by each vote as it comes, and therefore by their order."""

    contestant = models.OneToOneField(
        Contestant, on_delete=models.PROTECT, related_name="live_elo", primary_key=True
    )
    elo = models.FloatField(help_text="Points.")
    votes = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.contestant_id}: {self.elo:.1f}"


class Leaderboard(LeaderboardKey):
    """The latest fit of a board: what the page shows between two snapshots."""

    fitted_at = models.DateTimeField()
    revision = models.BigIntegerField(
        help_text="The sum of the revisions of the counts that it was fitted from."
    )
    since = models.DateField(null=True, help_text="First day of a rolling window.")
    votes = models.BigIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the counts it was fitted from.")
    conventions = models.JSONField()
    rows = models.JSONField(help_text="Best first: contestant, rating, interval, ranks, votes.")
    diagnostics = models.JSONField(
        help_text="What belongs to the board as a whole: fragility, multiplicity, ties, style."
    )
    clusters = models.JSONField(
        null=True, help_text="Sums over clusters of voters, if intervals are clustered."
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["board", "style", "window"], name="leaderboard_once_per_variant"
            ),
            models.CheckConstraint(condition=VARIANT_IS_KNOWN, name="leaderboard_variant_known"),
        ]

    def __str__(self) -> str:
        return f"{self.board}, {self.style}, {self.window} at {self.fitted_at:%Y-%m-%d %H:%M:%S}"


class Pairing(models.Model):
    """What a next battle of each pair would tell, by the latest fit of a board."""

    board = models.OneToOneField(Board, on_delete=models.CASCADE, related_name="pairing")
    fitted_at = models.DateTimeField()
    contestants = models.JSONField(help_text="Their ids.")
    votes = models.JSONField(help_text="Votes of each contestant.")
    gain = models.JSONField(help_text="Expected drop of all interval widths in points, per pair.")

    def __str__(self) -> str:
        return f"pairing on {self.board_id} at {self.fitted_at:%Y-%m-%d %H:%M:%S}"
