"""Endpoints, the changes of what they serve, and their health."""

import math
from decimal import ROUND_UP, Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from arena.contestants.addresses import validate_address
from arena.contestants.fields import EncryptedTextField
from arena.contestants.models.contestant import Contestant, _update_of
from arena.contestants.provider import stated_max_tokens

LONGEST_ANSWER_SECONDS = 1800  # well below the broker's visibility timeout
RESERVED_PARAMETERS = frozenset({"model", "messages", "stream", "stream_options", "n"})


def validate_parameters(value: Any) -> None:
    """Request parameters: a JSON object that leaves the arena's own fields alone."""
    if not isinstance(value, dict):
        raise ValidationError('Parameters must be a JSON object, such as {"temperature": 0.7}.')
    if reserved := sorted(RESERVED_PARAMETERS & value.keys()):
        raise ValidationError(f"The arena sets {', '.join(reserved)} itself.")
    for name, number in value.items():
        if isinstance(number, float) and not math.isfinite(number):
            raise ValidationError(f"{name} must be a finite number.")


class EndpointChange(models.Model):
    """A change of an endpoint since its contestant first competed.

    A trigger writes these; they cannot be changed or deleted. Values stay private: an address may
    name a machine of the operator, and a prompt may be a secret.
    """

    # The codes in `changed`, in words; `parameter:NAME` names a parameter.
    WORDS = {
        "added": _lazy("endpoint added"),
        "removed": _lazy("endpoint removed"),
        "on": _lazy("endpoint switched on"),
        "off": _lazy("endpoint switched off"),
        "address": _lazy("address"),
        "model": _lazy("model id at the endpoint"),
        "prompt": _lazy("system prompt"),
        "thoughts": _lazy("where its answers begin"),
    }

    contestant = models.ForeignKey(
        Contestant, on_delete=models.PROTECT, related_name="endpoint_changes"
    )
    changed = models.JSONField(help_text="A list of what changed.")
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        triggers = [
            pgtrigger.Protect(
                name="endpoint_change_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contestant}: {', '.join(self.in_words)}"

    @property
    def in_words(self) -> list[str]:
        """What changed, for visitors."""
        return [
            _("parameter %(name)s") % {"name": code.partition(":")[2]}
            if code.startswith("parameter:")
            else str(self.WORDS[code])
            for code in self.changed
        ]


def _seconds(of: str) -> "models.FloatField[float | None, float | None]":
    return models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), MaxValueValidator(LONGEST_ANSWER_SECONDS)],
        help_text=f"{of} Empty: as long as the arena grants every endpoint.",
    )


def _price(of: str) -> "models.DecimalField[Decimal | None, Decimal | None]":
    return models.DecimalField(
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text=f"Of a million {of} tokens.",
    )


class Endpoint(models.Model):
    """Where a contestant is reached: an OpenAI-compatible chat completions address."""

    contestant = models.ForeignKey(Contestant, on_delete=models.PROTECT, related_name="endpoints")
    base_url = models.CharField(
        max_length=500,
        validators=[validate_address],
        help_text="For instance http://localhost:11434/v1.",
    )
    model_id = models.CharField(max_length=200, help_text="The model's id at this endpoint.")
    api_key = EncryptedTextField(
        blank=True, default="", help_text="One on each line: each request takes one of them."
    )
    system_prompt = models.TextField(blank=True)
    parameters = models.JSONField(
        default=dict,
        blank=True,
        validators=[validate_parameters],
        help_text="Sent with each request: temperature, top_p, max_tokens, stop …",
    )
    thinks_first = models.BooleanField(
        "answers begin inside a thought",
        default=False,
        help_text="Only the closing tag of its thoughts comes, as with DeepSeek-R1's template: "
        "nothing is shown before it. The test of the endpoint finds this out.",
    )
    enabled = models.BooleanField(
        default=True, help_text="Switch it off to send it no more requests."
    )
    answered_at = models.DateTimeField(
        null=True,
        editable=False,
        help_text="When a test was last answered; empty once what is asked of it has changed.",
    )
    max_concurrency = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="How many requests it gets at once, over all workers. Empty: any number.",
    )
    connect_seconds = _seconds("To connect.")
    first_sign_seconds = _seconds(
        "Until it shows a sign of life: text, reasoning or a keep-alive. The loading of a model "
        "counts."
    )
    first_token_seconds = _seconds("Until an answer begins, all retries and reasoning included.")
    between_tokens_seconds = _seconds("Of silence between two signs of life.")
    answer_seconds = _seconds("For a whole answer.")
    prompt_price = _price("prompt")
    completion_price = _price("completion")
    daily_budget = models.DecimalField(
        max_digits=12,
        decimal_places=4,
        null=True,
        blank=True,
        validators=[MinValueValidator(0)],
        help_text="What it may cost in a day (UTC), in the currency of the prices. It leaves the "
        "draw before that is exceeded. Empty: no limit.",
    )
    largest_cost = models.DecimalField(
        max_digits=16,
        decimal_places=8,
        default=0,
        editable=False,
        help_text="Of one call: with the longest prompt and the longest answer.",
    )

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contestant", "base_url", "model_id"], name="endpoint_once_per_contestant"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="changed_endpoint_is_untested",
                operation=_update_of("base_url", "model_id", "system_prompt", "parameters"),
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(
                    "ROW(OLD.base_url, OLD.model_id, OLD.system_prompt, OLD.parameters) IS DISTINCT"
                    " FROM ROW(NEW.base_url, NEW.model_id, NEW.system_prompt, NEW.parameters)"
                ),
                func="NEW.answered_at := NULL; RETURN NEW;",
            ),
            pgtrigger.Trigger(
                name="endpoint_change_is_recorded",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.After,
                declare=[("changed", "jsonb"), ("of_contestant", "bigint")],
                func="""
                    of_contestant := CASE TG_OP WHEN 'DELETE' THEN OLD.contestant_id
                        ELSE NEW.contestant_id END;
                    IF NOT EXISTS (
                        SELECT 1 FROM contestants_statechange WHERE contestant_id = of_contestant
                    ) THEN
                        RETURN NULL;
                    END IF;
                    IF TG_OP = 'INSERT' THEN
                        changed := '["added"]';
                    ELSIF TG_OP = 'DELETE' THEN
                        changed := '["removed"]';
                    ELSE
                        SELECT COALESCE(jsonb_agg(code ORDER BY place, code), '[]') INTO changed
                        FROM (
                            VALUES
                                (1, CASE WHEN OLD.enabled AND NOT NEW.enabled THEN 'off' END),
                                (1, CASE WHEN NEW.enabled AND NOT OLD.enabled THEN 'on' END),
                                (2, CASE WHEN OLD.base_url <> NEW.base_url THEN 'address' END),
                                (3, CASE WHEN OLD.model_id <> NEW.model_id THEN 'model' END),
                                (4, CASE WHEN OLD.system_prompt <> NEW.system_prompt
                                    THEN 'prompt' END),
                                (5, CASE WHEN OLD.thinks_first <> NEW.thinks_first
                                    THEN 'thoughts' END)
                            UNION ALL
                            SELECT 6, 'parameter:' || COALESCE(past.key, present.key)
                            FROM jsonb_each(OLD.parameters) AS past
                            FULL JOIN jsonb_each(NEW.parameters) AS present USING (key)
                            WHERE past.value IS DISTINCT FROM present.value
                        ) AS changes (place, code)
                        WHERE code IS NOT NULL;
                    END IF;
                    IF changed <> '[]' THEN
                        INSERT INTO contestants_endpointchange (contestant_id, changed, changed_at)
                            VALUES (of_contestant, changed, now());
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} at {self.base_url}"

    def save(self, *args: Any, **kwargs: Any) -> None:
        longest_prompt = len(self.system_prompt.encode()) + 4 * settings.ARENA.max_prompt_chars
        self.largest_cost = self.cost_of(longest_prompt, self.most_completion_tokens)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """A budget holds only where the cost of the next call is known and has a bound."""
        super().clean()
        if self.daily_budget is None:
            return
        if self.prompt_price is None or self.completion_price is None:
            raise ValidationError({"daily_budget": "A budget needs both prices."})
        if not stated_max_tokens(self.parameters):
            raise ValidationError(
                {
                    "daily_budget": "A budget needs max_tokens or max_completion_tokens among "
                    "the parameters, so that the cost of an answer has a bound."
                }
            )

    @property
    def keys(self) -> tuple[str, ...]:
        """Its keys, of which each request takes one; none if it needs none."""
        return tuple(line for line in self.api_key.split("\n") if line)

    @property
    def most_completion_tokens(self) -> int:
        """How many tokens an answer has at most: as asked for, else one for each character."""
        return stated_max_tokens(self.parameters) or settings.ARENA.max_answer_chars

    def cost_of(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """What a call costs; nothing where no price is set."""
        prompt = prompt_tokens * (self.prompt_price or Decimal(0))
        completion = completion_tokens * (self.completion_price or Decimal(0))
        return ((prompt + completion) / 1_000_000).quantize(Decimal("1e-8"), ROUND_UP)


class EndpointHealth(models.Model):
    """The circuit breaker of an endpoint: while it is open, the endpoint gets no battles.

    It has its own table, so that saving a form never overwrites what workers found out.
    No row: nothing has failed yet. Only `arena.contestants.calls.circuit_breaker` writes it.
    """

    class State(models.TextChoices):
        CLOSED = "closed", "working"
        OPEN = "open", "resting"
        HALF_OPEN = "half_open", "resting, being tried now"

    endpoint = models.OneToOneField(
        Endpoint, primary_key=True, on_delete=models.CASCADE, related_name="health"
    )
    state = models.CharField(max_length=9, choices=State.choices, default=State.CLOSED)
    changed_at = models.DateTimeField(default=timezone.now)
    failures = models.PositiveIntegerField(default=0, help_text="Of probes, in a row.")
    openings = models.PositiveSmallIntegerField(default=0, help_text="In a row.")
    probe_at = models.DateTimeField(null=True, blank=True, help_text="When it is tried next.")
    probed_at = models.DateTimeField(null=True, blank=True, help_text="When it was tried last.")
    last_error = models.CharField(max_length=40, blank=True)
    last_error_detail = models.TextField(blank=True)
    last_error_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "endpoint health"
        constraints = [
            models.CheckConstraint(
                condition=Q(state="closed")
                | Q(state__in=["open", "half_open"], probe_at__isnull=False),
                name="health_probe_at_unless_closed",
            ),
        ]
        indexes = [
            models.Index(
                fields=["probe_at"], condition=Q(probe_at__isnull=False), name="health_probe_due"
            ),
        ]

    def __str__(self) -> str:
        return self.get_state_display()
