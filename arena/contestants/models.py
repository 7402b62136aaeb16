"""The catalogue: models as they compete, and where they are reached."""

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator, URLValidator
from django.db import models
from django.db.models import Q
from django.urls import reverse

from arena.contestants.fields import EncryptedTextField

http_address = URLValidator(schemes=["http", "https"])

LONGEST_ANSWER_SECONDS = 600  # well below the broker's visibility timeout
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


def validate_aliases(value: Any) -> None:
    """Other names of a contestant: a JSON list of texts that are not empty."""
    if not isinstance(value, list) or not all(isinstance(v, str) and v.strip() for v in value):
        raise ValidationError('Aliases must be a JSON list of names, such as ["Gemma", "gemma3"].')


class Contestant(models.Model):
    """A model as it competes. Retired contestants stay on the record."""

    class State(models.TextChoices):
        DRAFT = "draft", "draft"
        ACTIVE = "active", "active"
        PROVISIONAL = "provisional", "provisional"
        RETIRED = "retired", "retired"

    slug = models.SlugField(max_length=80, unique=True)
    name = models.CharField(
        max_length=120, unique=True, help_text="Public name, shown after a vote."
    )
    organisation = models.CharField(max_length=120)
    aliases = models.JSONField(
        default=list,
        blank=True,
        validators=[validate_aliases],
        help_text="Other names by which an answer may give it away, as a JSON list.",
    )
    licence = models.CharField(max_length=120)
    licence_url = models.URLField(blank=True)
    website = models.URLField(blank=True)
    description = models.TextField(
        help_text="What it is exactly: weights, quantisation, prompt template, parameters."
    )
    state = models.CharField(max_length=12, choices=State.choices, default=State.DRAFT)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["draft", "active", "provisional", "retired"]),
                name="contestant_state_known",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("pages:contestant", args=[self.slug])


def _seconds(of: str) -> "models.FloatField[float | None, float | None]":
    return models.FloatField(
        null=True,
        blank=True,
        validators=[MinValueValidator(0.1), MaxValueValidator(LONGEST_ANSWER_SECONDS)],
        help_text=f"{of} Empty: as long as the arena grants every endpoint.",
    )


class Endpoint(models.Model):
    """Where a contestant is reached: an OpenAI-compatible chat completions address."""

    contestant = models.ForeignKey(Contestant, on_delete=models.PROTECT, related_name="endpoints")
    base_url = models.CharField(
        max_length=500,
        validators=[http_address],
        help_text="Up to and without /chat/completions, for instance http://localhost:11434/v1.",
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
    enabled = models.BooleanField(default=True)
    connect_seconds = _seconds("To connect.")
    first_token_seconds = _seconds("Until an answer begins, all retries and thoughts included.")
    between_tokens_seconds = _seconds("Between two tokens.")
    answer_seconds = _seconds("For a whole answer.")

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(
                fields=["contestant", "base_url", "model_id"], name="endpoint_once_per_contestant"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_id} at {self.base_url}"
