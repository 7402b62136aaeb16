"""How votes came about."""

import pgtrigger
from django.db import models
from django.db.models import Q

from arena.battles.models.vote import Vote


class Attention(models.Model):
    """How a vote came about: what the voter's page reported, and what the server saw itself.

    What was reported is a visitor's own word. It never decides anything alone, and a vote
    without it counts as well. Times are milliseconds.
    """

    class Input(models.TextChoices):
        KEY = "key", "a key"
        BUTTON = "button", "a button"

    LONGEST_MS = 86_400_000  # what a page may report: a day

    vote = models.OneToOneField(
        Vote, primary_key=True, on_delete=models.PROTECT, related_name="attention"
    )
    input = models.CharField(max_length=6, choices=Input.choices, blank=True)
    visible_a_ms = models.PositiveIntegerField(
        null=True, help_text="How long answer A was in view, in a tab that was visible."
    )
    visible_b_ms = models.PositiveIntegerField(null=True, help_text="The same of answer B.")
    end_seen_a = models.BooleanField(
        null=True, help_text="Whether the end of answer A was in view once it was complete."
    )
    end_seen_b = models.BooleanField(null=True, help_text="The same of answer B.")
    hidden_ms = models.PositiveIntegerField(null=True, help_text="How long the tab was hidden.")
    decided_ms = models.PositiveIntegerField(
        null=True, help_text="From both answers being complete on the page to the vote."
    )
    server_battle_ms = models.PositiveBigIntegerField(
        help_text="From the opening of the battle to the vote, as the server saw it."
    )
    server_decided_ms = models.PositiveBigIntegerField(
        help_text="From both answers being fully shown to the vote, as the server saw it."
    )

    class Meta:
        verbose_name_plural = "attention"
        constraints = [
            models.CheckConstraint(
                condition=Q(input__in=["", "key", "button"]), name="attention_input_known"
            ),
            models.CheckConstraint(
                condition=Q(visible_a_ms__lte=86_400_000)
                & Q(visible_b_ms__lte=86_400_000)
                & Q(hidden_ms__lte=86_400_000)
                & Q(decided_ms__lte=86_400_000),
                name="attention_within_a_day",
            ),
            models.CheckConstraint(
                condition=Q(
                    input="",
                    visible_a_ms__isnull=True,
                    visible_b_ms__isnull=True,
                    end_seen_a__isnull=True,
                    end_seen_b__isnull=True,
                    hidden_ms__isnull=True,
                    decided_ms__isnull=True,
                )
                | Q(
                    input__in=["key", "button"],
                    visible_a_ms__isnull=False,
                    visible_b_ms__isnull=False,
                    end_seen_a__isnull=False,
                    end_seen_b__isnull=False,
                    hidden_ms__isnull=False,
                    decided_ms__isnull=False,
                ),
                name="attention_whole_or_not_reported",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="attention_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"attention of {self.vote}"
