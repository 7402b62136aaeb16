"""Boards, the counts they are fitted from, and what was fitted."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Func, Q
from django.db.models.functions import Now

from arena.contestants.models import Contestant
from arena.voters.models import CLUSTERS
from ratings.core import GRID


class Outcome(models.TextChoices):
    """How a battle ended, seen from its sides."""

    A = "a", "A is better"
    B = "b", "B is better"
    TIE = "tie", "Tie"
    BOTH_BAD = "both_bad", "Both are bad"


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


def no_voters() -> list[int]:
    return [0] * 2 * CLUSTERS


DISCOUNT_COLUMNS = ("first_wins", "second_wins", "ties", "both_bad")
_VOTERS_END = len(DISCOUNT_COLUMNS) + 2 * CLUSTERS
_CELLS_END = _VOTERS_END + 3 * GRID.cells
DISCOUNT_LENGTH = _CELLS_END + GRID.ranges
DISCOUNTED = {
    "outcomes": slice(0, len(DISCOUNT_COLUMNS)),
    "voters": slice(len(DISCOUNT_COLUMNS), _VOTERS_END),
    "cells": slice(_VOTERS_END, _CELLS_END),
    "sums": slice(_CELLS_END, DISCOUNT_LENGTH),
}
"""Where the parts of `PairCount.discount` stand, from 0."""


class PairCount(models.Model):
    """How often each outcome of one pair was counted on one board; `first` has the lower id.

    `cells` and `sums` are the same votes sorted by style, as `core.StyledTable` takes them: for
    each cell of `core.GRID` the wins of the first, the wins of the second and what was drawn;
    for each range of each feature the sum of its differences in thousandths, first minus second.
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
    changes = models.BigIntegerField(
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


class Ticker(models.Model):
    """A contestant's online Elo: moved by each vote as it comes, and therefore by their order."""

    contestant = models.OneToOneField(
        Contestant, on_delete=models.PROTECT, related_name="ticker", primary_key=True
    )
    elo = models.FloatField(help_text="Points.")
    votes = models.BigIntegerField(default=0)
    updated_at = models.DateTimeField(db_default=Now())

    def __str__(self) -> str:
        return f"{self.contestant_id}: {self.elo:.1f}"


class OfVariant(models.Model):
    """A board with a style and a window: one leaderboard."""

    board = models.ForeignKey(Board, on_delete=models.PROTECT, related_name="%(class)ss")
    style = models.CharField(max_length=10, choices=Style.choices, default=Style.PLAIN)
    window = models.CharField(max_length=3, choices=Window.choices, default=Window.ALL)

    class Meta:
        abstract = True


VARIANT_IS_KNOWN = Q(style__in=["plain", "controlled"], window__in=["all", "30d"])


class Leaderboard(OfVariant):
    """The latest fit of a board: what the page shows between two snapshots."""

    fitted_at = models.DateTimeField()
    changes = models.BigIntegerField(help_text="The sum of the counts' changes when it was fitted.")
    since = models.DateField(null=True, help_text="First day of a rolling window.")
    votes = models.BigIntegerField()
    digest = models.CharField(max_length=64, help_text="SHA-256 of the counts it was fitted from.")
    conventions = models.JSONField()
    rows = models.JSONField(help_text="Best first: contestant, rating, interval, ranks, votes.")
    notes = models.JSONField(
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


class Snapshot(OfVariant):
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
    notes = models.JSONField()
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


class SigningKey(models.Model):
    """A public key that signs links, in the order of their hand-over. See `ratings.proof`."""

    key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the public key.")
    public = models.CharField(max_length=44, help_text="32 bytes in base64.")
    previous = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="successor"
    )
    after = models.BigIntegerField(help_text="The last link that the key before it signed.")
    signature = models.CharField(
        max_length=88, blank=True, help_text="Of the hand-over, by the key before it."
    )
    created_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                "after", condition=Q(previous__isnull=True), name="signing_key_has_one_root"
            ),
            models.CheckConstraint(
                condition=Q(previous__isnull=True, after=0, signature="")
                | (Q(previous__isnull=False) & ~Q(signature="")),
                name="signing_key_was_handed_over",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="signing_key_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return self.key


class Link(models.Model):
    """A link of the one chain of everything that was published. See `ratings.proof`."""

    class Kind(models.TextChoices):
        SNAPSHOT = "snapshot", "snapshot"
        EXPORT = "export", "export"

    number = models.BigIntegerField(primary_key=True)
    previous = models.CharField(max_length=64, blank=True, help_text="Digest of the one before.")
    digest = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    subject = models.CharField(max_length=64, help_text="SHA-256 of what was published.")
    snapshot = models.OneToOneField(
        Snapshot, null=True, on_delete=models.PROTECT, related_name="link"
    )
    key = models.ForeignKey(SigningKey, on_delete=models.PROTECT, related_name="+")
    signature = models.CharField(max_length=88, help_text="64 bytes in base64.")
    made_at = models.DateTimeField(db_default=Now())

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="snapshot", snapshot__isnull=False)
                | Q(kind="export", snapshot__isnull=True),
                name="link_of_a_snapshot_or_an_export",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="link_is_final", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="link_follows_the_last",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT 1 FROM ratings_link WHERE number >= NEW.number)
                        OR (NEW.number = 1) <> (NEW.previous = '')
                        OR NEW.number > 1 AND NOT EXISTS (
                            SELECT 1 FROM ratings_link
                            WHERE number = NEW.number - 1 AND digest = NEW.previous
                        )
                    THEN
                        RAISE EXCEPTION 'link % does not follow the last one', NEW.number
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"link {self.number}"
