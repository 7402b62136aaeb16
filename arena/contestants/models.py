"""The catalogue: models as they compete, and where they are reached."""

import math
from decimal import ROUND_UP, Decimal
from typing import Any

import pgtrigger
from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from arena.contestants.addresses import validate_address
from arena.contestants.fields import EncryptedTextField
from arena.contestants.provider import stated_max_tokens

LONGEST_ANSWER_SECONDS = 1800  # well below the broker's visibility timeout
RESERVED_PARAMETERS = frozenset({"model", "messages", "stream", "stream_options", "n"})


def _update_of(*columns: str) -> pgtrigger.UpdateOf:
    return pgtrigger.UpdateOf(*columns)  # type: ignore[no-untyped-call]


def validate_parameters(value: Any) -> None:
    """Request parameters: a JSON object that leaves the arena's own fields alone."""
    if not isinstance(value, dict):
        raise ValidationError('Parameters must be a JSON object, such as {"temperature": 0.7}.')
    if reserved := sorted(RESERVED_PARAMETERS & value.keys()):
        raise ValidationError(f"The arena sets {', '.join(reserved)} itself.")
    for name, number in value.items():
        if isinstance(number, float) and not math.isfinite(number):
            raise ValidationError(f"{name} must be a finite number.")


def validate_aliases(value: Any) -> None:
    """Other names of a contestant: a list of texts that are not empty."""
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise ValidationError("Aliases must be a list of names.")


def public_state(state: str) -> str:
    """A state in words, as visitors see it: a draft that they see has competed."""
    return _("withdrawn") if state == Contestant.State.DRAFT else Contestant.State(state).label


class Contestant(models.Model):
    """A model as it competes. Retired contestants stay on the record."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        ACTIVE = "active", "active"
        PROVISIONAL = "provisional", "provisional"
        RETIRED = "retired", "retired"

    slug = models.SlugField(
        max_length=80,
        unique=True,
        help_text="Its part of the addresses of its page, badge and API. It cannot change once the "
        "contestant has competed.",
    )
    name = models.CharField(
        max_length=120, unique=True, help_text="Public name, shown after a vote."
    )
    organisation = models.CharField(max_length=120)
    aliases = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_aliases],
        help_text="Other names by which an answer may give it away, one on each line.",
    )
    licence = models.CharField(max_length=120)
    licence_url = models.URLField(blank=True)
    website = models.URLField(blank=True)
    description = models.TextField(
        help_text="For the public: its weights, version, quantisation, prompt template and "
        "parameters."
    )
    takes_images = models.BooleanField(
        default=False,
        help_text="It can answer a prompt that has an image.",
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    state_reason = models.CharField(
        "reason",
        max_length=300,
        blank=True,
        help_text="To retire it, or take it back to draft, you must give a reason. It is public.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "active", "provisional", "retired"]),
                name="contestant_state_known",
            ),
        ]
        triggers = [
            # Whoever changes a state, and by whatever means: it is on the record.
            pgtrigger.Trigger(
                name="state_is_recorded",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=pgtrigger.Condition("OLD.state IS DISTINCT FROM NEW.state"),
                func="""
                    IF OLD.state IN ('active', 'provisional')
                        AND NEW.state IN ('draft', 'retired') AND NEW.state_reason = ''
                    THEN
                        RAISE EXCEPTION 'contestant % leaves the draw without a reason', NEW.slug
                            USING ERRCODE = 'check_violation';
                    END IF;
                    INSERT INTO contestants_statechange
                        (contestant_id, before, state, reason, changed_at)
                        VALUES (NEW.id, OLD.state, NEW.state, NEW.state_reason, now());
                    RETURN NULL;
                """,
            ),
            pgtrigger.Trigger(
                name="first_state_is_recorded",
                operation=pgtrigger.Insert,
                when=pgtrigger.After,
                condition=pgtrigger.Condition("NEW.state <> 'draft'"),
                func="""
                    INSERT INTO contestants_statechange
                        (contestant_id, before, state, reason, changed_at)
                        VALUES (NEW.id, 'draft', NEW.state, NEW.state_reason, now());
                    RETURN NULL;
                """,
            ),
            # At the end of the transaction, for both may be entered in one.
            pgtrigger.Trigger(
                name="who_competes_has_an_endpoint",
                operation=pgtrigger.Insert | _update_of("state"),
                when=pgtrigger.After,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Condition("NEW.state IN ('active', 'provisional')"),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM contestants_endpoint
                        WHERE contestant_id = NEW.id AND enabled
                    ) THEN
                        RAISE EXCEPTION 'contestant % has no endpoint to answer by', NEW.slug
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NULL;
                """,
            ),
            # Its page, badge and API have been public since it came into the draw.
            pgtrigger.Trigger(
                name="slug_is_final",
                operation=_update_of("slug"),
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.slug IS DISTINCT FROM NEW.slug"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM contestants_statechange WHERE contestant_id = OLD.id
                    ) THEN
                        RAISE EXCEPTION 'contestant % has competed: its slug is final', OLD.slug
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("pages:contestant", args=[self.slug])

    @property
    def public_state(self) -> str:
        return public_state(self.state)

    @property
    def has_competed(self) -> bool:
        """Whether it is, or ever was, in the draw: its pages are public."""
        return self.state_changes.exists()


COMPETING = (Contestant.State.ACTIVE, Contestant.State.PROVISIONAL)


class StateChange(models.Model):
    """A contestant came into the draw or left it. The database writes these, and keeps them."""

    contestant = models.ForeignKey(
        Contestant, on_delete=models.PROTECT, related_name="state_changes"
    )
    before = models.CharField(max_length=12, choices=Contestant.State.choices)
    state = models.CharField(max_length=12, choices=Contestant.State.choices)
    reason = models.CharField(max_length=300, blank=True)
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        triggers = [
            pgtrigger.Protect(
                name="state_change_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contestant}: {self.before} to {self.state}"

    @property
    def public_state(self) -> str:
        return public_state(self.state)

    @property
    def is_entry(self) -> bool:
        """Whether it came into the draw by it."""
        return self.before not in COMPETING and self.state in COMPETING


class EndpointChange(models.Model):
    """What of an endpoint changed since its contestant first competed.

    The database writes these, and keeps them. Values stay private: an address may name a
    machine of the operator, and a prompt may be a secret.
    """

    # What may stand in `changed`, in words; `parameter:NAME` stands for itself.
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
    api_key = EncryptedTextField(blank=True, default="")
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
        longest_prompt = len(self.system_prompt.encode()) + 4 * settings.ARENA_MAX_PROMPT_CHARS
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
    def most_completion_tokens(self) -> int:
        """How many tokens an answer has at most: as asked for, else one for each character."""
        return stated_max_tokens(self.parameters) or settings.ARENA_MAX_ANSWER_CHARS

    def cost_of(self, prompt_tokens: int, completion_tokens: int) -> Decimal:
        """What a call of so many tokens costs; nothing where no price is set."""
        prompt = prompt_tokens * (self.prompt_price or Decimal(0))
        completion = completion_tokens * (self.completion_price or Decimal(0))
        return ((prompt + completion) / 1_000_000).quantize(Decimal("1e-8"), ROUND_UP)


class EndpointHealth(models.Model):
    """The circuit breaker of an endpoint: open means that it is left out of the draw.

    A table of its own, so that saving a form never writes over what workers found out.
    No row: nothing has failed yet. Only `arena.contestants.breaker` writes it.
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


class Call(models.Model):
    """One request to an endpoint: what it reserved, cost and gave."""

    CANCELLED = "cancelled"  # nobody waited for the answer any more
    LOST = "lost"  # its process was killed

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="calls")
    day = models.DateField(help_text="UTC; the day it is charged to.")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    is_probe = models.BooleanField(default=False)
    error = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)
    first_token_seconds = models.FloatField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    is_estimated = models.BooleanField(default=False, help_text="The endpoint did not count.")
    reserved = models.DecimalField(max_digits=16, decimal_places=8)
    cost = models.DecimalField(max_digits=16, decimal_places=8, default=0)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="call_newest_of_endpoint"),
            models.Index(
                fields=["started_at"], condition=Q(ended_at__isnull=True), name="call_open"
            ),
            models.Index(fields=["started_at"], name="call_started"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk} of {self.endpoint_id}"


class Usage(models.Model):
    """What an endpoint used up in one day (UTC): the sums of its calls."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    estimated_tokens = models.PositiveBigIntegerField(
        default=0, help_text="How many of both were estimated."
    )
    cost = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    reserved = models.DecimalField(
        max_digits=16, decimal_places=8, default=0, help_text="For calls that are under way."
    )

    class Meta:
        ordering = ["-day"]
        verbose_name_plural = "usage"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "day"], name="usage_once_per_day"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="usage_reserved_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} on {self.day}"
