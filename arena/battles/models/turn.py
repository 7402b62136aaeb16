"""Turns of a battle, their images and answers."""

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from arena.battles.models.battle import Battle, Side
from arena.battles.models.querysets import AnswerQuerySet, TurnQuerySet
from arena.contestants.models import Endpoint


class Turn(models.Model):
    """One prompt of a battle; its two answers hang on it.

    A turn that was excluded is kept, but is no part of the conversation: the models do not see it
    and the vote is not about it.
    """

    class ExcludedReason(models.TextChoices):
        """Why a turn is no part of the conversation, in words that reveal nothing of the models."""

        NO_ANSWER = (
            "no_answer",
            _("A model gave no usable answer to the further prompt, so it is left out."),
        )
        INTERRUPTED = (
            "interrupted",
            _("The answers to the further prompt were interrupted, so it is left out."),
        )
        STOPPED = (
            "stopped",
            _("You stopped the further prompt before anything was shown, so it is left out."),
        )
        NOT_RENEWED = (
            "not_renewed",
            _("There are no new answers, so the earlier ones stand."),
        )
        REPLACED = "replaced", _("Both models were asked to answer it again.")

    battle = models.ForeignKey(Battle, on_delete=models.PROTECT, related_name="turns")
    number = models.PositiveSmallIntegerField(default=1)
    prompt = models.TextField()
    repeats = models.ForeignKey(
        "KnownPrompt",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="repeated_by",
        help_text="Of what the prompt is a near copy. Empty: it is fresh.",
    )
    language = models.CharField(
        max_length=8, default="und", help_text="Of the prompt: ISO 639 code, or und."
    )
    topics = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Of the prompt, by the classifier of its day.",
    )
    excluded_reason = models.CharField(
        max_length=11,
        choices=ExcludedReason.choices,
        blank=True,
        help_text="Empty: it is part of the conversation.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = TurnQuerySet.as_manager()

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    excluded_reason__in=[
                        "",
                        "no_answer",
                        "interrupted",
                        "stopped",
                        "not_renewed",
                        "replaced",
                    ]
                ),
                name="turn_excluded_for_a_reason",
            ),
            models.UniqueConstraint(fields=["battle", "number"], name="turn_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="turn_counts_from_one"),
        ]
        indexes = [
            models.Index(
                fields=["repeats", "-id"],
                condition=Q(repeats__isnull=False),
                name="turn_newest_repeats",
            ),
        ]
        triggers = [
            # The boards that a vote was counted on must be those that it is taken back from.
            pgtrigger.ReadOnly(name="turn_is_final", fields=["language", "topics", "repeats"]),
            pgtrigger.Trigger(
                name="turns_stay_after_the_vote",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF (TG_OP = 'INSERT' OR NEW.excluded_reason <> OLD.excluded_reason) AND EXISTS (
                        SELECT 1 FROM battles_vote WHERE battle_id = NEW.battle_id
                    ) THEN
                        RAISE EXCEPTION 'battle % was voted on: its turns stay as they are',
                            NEW.battle_id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # No session may lift this: a prompt can only vanish, and only from an erased battle.
            pgtrigger.Trigger(
                name="prompt_is_final",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.prompt IS DISTINCT FROM NEW.prompt"),
                func="""
                    IF NEW.prompt <> '[erased]' OR NOT EXISTS (
                        SELECT 1 FROM battles_battle
                        WHERE id = NEW.battle_id AND erased_at IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'the prompt of turn % is final', NEW.id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"turn {self.number} of {self.battle_id}"


class Image(models.Model):
    """The image of a prompt as it was checked and re-encoded; the storage of images has it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    turn = models.OneToOneField(Turn, on_delete=models.PROTECT, related_name="image")
    name = models.CharField(
        max_length=100,
        db_index=True,
        help_text="In the storage; made from its bytes and its voter.",
    )
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    alt = models.CharField(
        max_length=300, blank=True, help_text="What it shows, in its voter's words."
    )

    def __str__(self) -> str:
        return f"image of {self.turn}"

    def get_absolute_url(self) -> str:
        return reverse("pages:image", args=[self.pk])


class AnswerEnding(models.TextChoices):
    """How a complete answer ended, in words for its voter after the vote."""

    WHOLE = "whole", _("The model ended it.")
    CUT = "cut", _("It was cut off at its operator's limit of tokens.")
    BROKEN_OFF = "broken_off", _("The model's server broke it off.")


class Answer(models.Model):
    """What one side answered to one turn, and how it came about."""

    class State(models.TextChoices):
        PENDING = "pending", "waits for a worker"
        STREAMING = "streaming", "is being written"
        COMPLETE = "complete", "complete"
        FAILED = "failed", "failed"

    class Changed(models.TextChoices):
        """How the answer to a gold question was changed on purpose; empty: not at all."""

        DAMAGED = "damaged", "words of its sentences stand in another order"
        DECOY = "decoy", "it mimics the style of another model"
        INVISIBLE_DECOY = "invisible_decoy", "the same, with no change that readers see"
        UNCLEAR = "unclear", "stopped where only a part of a change was shown"

    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, related_name="answers")
    side = models.CharField(max_length=1, choices=Side.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    text = models.TextField(blank=True)
    endpoint = models.ForeignKey(
        Endpoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    attempt = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(help_text="When a worker was last asked to write it.")
    lease_until = models.DateTimeField(
        null=True, blank=True, help_text="The worker is taken for dead after this."
    )
    error = models.CharField(max_length=40, blank=True, help_text="Kind of failure.")
    error_detail = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    ending = models.CharField(
        max_length=10,
        choices=AnswerEnding.choices,
        blank=True,
        db_default="",
        help_text="Empty: it is not complete, was stopped, or is older than this field.",
    )
    changed = models.CharField(max_length=15, choices=Changed.choices, blank=True, db_default="")
    removed = models.JSONField(
        default=dict, blank=True, help_text="Characters that redaction took out, by kind."
    )
    first_token_seconds = models.FloatField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    # How the text looks, by arena.text.style: measured once, when it is complete.
    style_tokens = models.PositiveIntegerField(default=0)
    style_headers = models.PositiveIntegerField(default=0)
    style_lists = models.PositiveIntegerField(default=0)
    style_bold = models.PositiveIntegerField(default=0)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        ordering = ["turn", "side"]
        constraints = [
            models.UniqueConstraint(fields=["turn", "side"], name="answer_once_per_side"),
            models.CheckConstraint(condition=Q(side__in=["a", "b"]), name="answer_side_known"),
            models.CheckConstraint(
                condition=Q(state="streaming", lease_until__isnull=False)
                | Q(state__in=["pending", "complete", "failed"], lease_until__isnull=True),
                name="answer_leased_while_streaming",
            ),
            models.CheckConstraint(
                condition=~Q(state="complete", text=""), name="answer_not_empty_if_complete"
            ),
            models.CheckConstraint(
                condition=Q(ending="")
                | Q(ending__in=["whole", "cut", "broken_off"], state="complete"),
                name="answer_ending_known_if_complete",
            ),
            models.CheckConstraint(
                condition=Q(changed__in=["", "damaged", "decoy", "invisible_decoy", "unclear"]),
                name="answer_change_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state"],
                condition=Q(state__in=["pending", "streaming"]),
                name="answer_unfinished",
            ),
        ]
        triggers = [
            # Votes were counted, or not, by it.
            pgtrigger.Trigger(
                name="ending_is_final",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(
                    "OLD.state = 'complete' AND OLD.ending IS DISTINCT FROM NEW.ending"
                ),
                func="""
                    RAISE EXCEPTION 'how answer % ended is final', NEW.id
                        USING ERRCODE = 'check_violation';
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.side} of {self.turn}"
