"""Battles, and where they came from."""

import uuid

import pgtrigger
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone

from arena.battles.models.querysets import BattleQuerySet
from arena.contestants.models import Contestant
from arena.voters.models import Voter

ERASED = "[erased]"
"""What stands where a text was that its author had erased."""

ORIGIN_DAYS = 14
"""Days for which the origin of a battle is kept and the weight of a vote is recomputed."""


class Side(models.TextChoices):
    A = "a", "A"
    B = "b", "B"


class Battle(models.Model):
    """Two hidden contestants that answer one prompt, sides at random.

    In the other modes the voter chose who answers and knows it, so nothing of them counts. In a
    direct chat one contestant stands on both sides, and only side A answers.
    """

    class Mode(models.TextChoices):
        BLIND = "blind", "blind: two contestants drawn at random"
        SIDE_BY_SIDE = "side_by_side", "side by side: two contestants of the voter's choice"
        DIRECT = "direct", "direct: a chat with one contestant of the voter's choice"

    class State(models.TextChoices):
        GENERATING = "generating", "the answers are being written"
        OPEN = "open", "open to a vote"
        VOTED = "voted", "voted"
        FAILED = "failed", "failed"

    class Failure(models.TextChoices):
        """Why a battle failed, in words that do not tell the contestants apart."""

        NO_ANSWER = "no_answer", "A model gave no usable answer."
        INTERRUPTED = "interrupted", "The answers were interrupted and could not be finished."
        STOPPED = "stopped", "You stopped it before anything was shown."

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="battles")
    contestant_a = models.ForeignKey(
        Contestant, on_delete=models.PROTECT, related_name="battles_as_a"
    )
    contestant_b = models.ForeignKey(
        Contestant, on_delete=models.PROTECT, related_name="battles_as_b"
    )
    mode = models.CharField(
        max_length=12,
        choices=Mode.choices,
        default=Mode.BLIND,
        db_default=Mode.BLIND,
        help_text="Votes count on the boards in blind battles only.",
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.GENERATING)
    failure = models.CharField(max_length=12, choices=Failure.choices, blank=True)
    is_gold = models.BooleanField(
        default=False,
        help_text="Its true result is known, see `GoldBattle`; its vote never counts.",
    )
    by_program = models.BooleanField(
        default=False, help_text="Opened with a key of the API; its vote never counts."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    shown_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the pace has shown both answers fully, and the vote opens to the voter.",
    )
    may_publish = models.BooleanField(
        default=False, help_text="Its voter allows that the conversation is read by everybody."
    )
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text="When its voter had all texts erased."
    )

    objects = BattleQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(mode="blind") | Q(mode__in=["side_by_side", "direct"], is_gold=False),
                name="battle_mode_known_and_gold_is_blind",
            ),
            models.CheckConstraint(
                condition=Q(is_gold=True)
                | Q(mode="direct", contestant_a=F("contestant_b"))
                | (~Q(mode="direct") & ~Q(contestant_a=F("contestant_b"))),
                name="battle_of_two_contestants",
            ),
            models.CheckConstraint(
                condition=Q(state="failed", failure__in=["no_answer", "interrupted", "stopped"])
                | Q(state__in=["generating", "open", "voted"], failure=""),
                name="battle_failure_stated_if_failed",
            ),
            models.CheckConstraint(
                condition=Q(state="generating", finished_at__isnull=True)
                | Q(state__in=["open", "voted", "failed"], finished_at__isnull=False),
                name="battle_finished_at_if_finished",
            ),
            models.CheckConstraint(
                condition=Q(shown_at__isnull=True) | Q(shown_at__gte=F("finished_at")),
                name="battle_shown_after_it_finished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["voter"], condition=Q(state="generating"), name="battle_running_of_voter"
            ),
            models.Index(
                fields=["voter", "shown_at"],
                condition=Q(state="open"),
                name="battle_open_of_voter",
            ),
            models.Index(fields=["voter", "-created_at", "-id"], name="battle_newest_of_voter"),
            models.Index(fields=["state"], condition=Q(by_program=True), name="battle_by_program"),
            # Battles come in order of time, so this one costs next to nothing to keep.
            BrinIndex(fields=["created_at"], autosummarize=True, name="battle_by_time"),
            models.Index(fields=["voter"], condition=Q(is_gold=True), name="battle_gold_of_voter"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="battle_stays_gold_or_not", fields=["is_gold"]),
            pgtrigger.ReadOnly(name="battle_stays_in_its_mode", fields=["mode"]),
            pgtrigger.ReadOnly(name="battle_stays_a_programs_or_not", fields=["by_program"]),
            # Whoever takes the permission away need not know where the conversation is shown.
            pgtrigger.Trigger(
                name="withdrawn_is_gone",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=pgtrigger.Q(old__may_publish=True, new__may_publish=False),
                func="""
                    DELETE FROM battles_conversation WHERE battle_id = NEW.id;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"battle {self.id}"

    def get_absolute_url(self) -> str:
        return reverse("pages:battle", args=[self.id])

    @property
    def is_blind(self) -> bool:
        return self.mode == self.Mode.BLIND

    @property
    def is_rankable(self) -> bool:
        """Whether its vote may count on boards, see `arena.battles.models.querysets.rankable`."""
        return self.is_blind and not self.is_gold and not self.by_program

    @property
    def is_revealed(self) -> bool:
        """Whether the voter may know the contestants: after the vote, or having chosen them."""
        return self.state == self.State.VOTED or not self.is_blind

    @property
    def sides(self) -> list[Side]:
        """The sides that answer."""
        return [Side.A] if self.mode == self.Mode.DIRECT else list(Side)

    @property
    def public_state(self) -> str:
        """The state as its voter may know it: open only once both answers are fully shown.

        When they were complete, beside how long they are, would tell whose side is whose.
        """
        if self.state == self.State.OPEN and self.shown_at and self.shown_at > timezone.now():
            return self.State.GENERATING
        return self.state


class Origin(models.Model):
    """From which network, and with which kind of browser, a battle was opened.

    Both are pseudonyms that mean nothing after two days: a network has the same pseudonym only
    within a day; see `arena.voters.origin.network.DayKeys`. They show which voters may be one
    person, and are removed after `ORIGIN_DAYS` days.
    """

    battle = models.OneToOneField(
        Battle, primary_key=True, on_delete=models.CASCADE, related_name="origin"
    )
    network = models.CharField(
        max_length=32, blank=True, help_text="Empty: the request had no address."
    )
    client_signature = models.CharField(
        max_length=32,
        blank=True,
        db_default="",
        help_text="Pseudonym of the browser by its headers; empty: they did not say.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(network="", client_signature=""),
                name="origin_has_a_network_or_a_client_signature",
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="origin_by_time"),
            models.Index(fields=["network"], condition=~Q(network=""), name="origin_by_network"),
        ]

    def __str__(self) -> str:
        return f"origin of {self.battle_id}"


class IdempotencyKey(models.Model):
    """The key of a request that opened a battle, or went on with it, by who sent it.

    Who sends the request again, since its reply was lost, gets the battle that it made. A newcomer
    has no voter's cookie before that reply, and is known by the browser's CSRF cookie instead, of
    which a digest is kept. Rows are removed after `arena.battles.repeats.idempotency.KEPT`.
    """

    LONGEST = 255

    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="+")
    browser = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=LONGEST)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked, in hex.")
    battle = models.ForeignKey(Battle, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["voter", "key"], name="one_request_per_key"),
            models.UniqueConstraint(
                fields=["browser", "key"],
                condition=~Q(browser=""),
                name="one_request_per_key_and_browser",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_by_time")]

    def __str__(self) -> str:
        return f"key of {self.battle_id}"
