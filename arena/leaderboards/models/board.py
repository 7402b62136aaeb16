"""Boards, and what tells their leaderboards apart."""

from django.db import models
from django.db.models import Q


class Outcome(models.TextChoices):
    """How a battle ended, seen from its sides."""

    A = "a", "A is better"
    B = "b", "B is better"
    TIE = "tie", "Tie"
    BOTH_BAD = "both_bad", "Both are bad"

    @property
    def mirrored(self) -> "Outcome":
        """The same outcome with the sides exchanged."""
        return {Outcome.A: Outcome.B, Outcome.B: Outcome.A}.get(self, self)


class Style(models.TextChoices):
    """Whether a leaderboard holds the style of the answers equal."""

    PLAIN = "plain", "As voted"
    CONTROLLED = "controlled", "Style controlled"


class Window(models.TextChoices):
    """Which votes a leaderboard is fitted from, by the day (UTC) on which they were cast."""

    ALL = "all", "All time"
    MONTH = "30d", "Last 30 days"


class Board(models.Model):
    """The battles that its name says; it has a leaderboard for each style and window."""

    class Group(models.TextChoices):
        GENERAL = "general", "General"
        TOPIC = "topic", "Topics"
        LANGUAGE = "language", "Languages"

    slug = models.SlugField(max_length=60, unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True)
    group = models.CharField(max_length=8, choices=Group.choices, default=Group.GENERAL)
    position = models.PositiveSmallIntegerField(default=0, help_text="Order in the chooser.")

    class Meta:
        ordering = ["position", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(group__in=["general", "topic", "language"]), name="board_group_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LeaderboardKey(models.Model):
    """A board with a style and a window: one leaderboard."""

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="%(class)ss")
    style = models.CharField(max_length=10, choices=Style.choices, default=Style.PLAIN)
    window = models.CharField(max_length=3, choices=Window.choices, default=Window.ALL)

    class Meta:
        abstract = True


VARIANT_IS_KNOWN = Q(style__in=["plain", "controlled"], window__in=["all", "30d"])
