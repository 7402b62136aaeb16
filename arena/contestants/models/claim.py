"""What a contestant claims to be, and the changes of that."""

import json
from collections.abc import Mapping
from typing import Any

import pgtrigger
from django.core.validators import MinValueValidator
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy as _lazy

from arena.contestants.models.contestant import Contestant
from arena.contestants.models.endpoint import validate_parameters

LONGEST_QUOTED_CHARS = 80  # of a value in the words of a change


class Claim(models.Model):
    """What a contestant is said to be, part by part. It is public; an empty part is not stated."""

    contestant = models.OneToOneField(
        Contestant, primary_key=True, on_delete=models.CASCADE, related_name="claim"
    )
    weights = models.CharField(
        _lazy("weights"),
        max_length=300,
        blank=True,
        help_text="Where they are: a repository, and the file in it; or that they are not public.",
    )
    revision = models.CharField(
        _lazy("revision"),
        max_length=120,
        blank=True,
        help_text="Of the weights: a commit, a tag, a date, or the SHA-256 of the file.",
    )
    base_model = models.CharField(
        _lazy("base model"), max_length=200, blank=True, help_text="What it was derived from."
    )
    tokenizer = models.CharField(_lazy("tokenizer"), max_length=200, blank=True)
    quantisation = models.CharField(
        _lazy("quantisation"), max_length=60, blank=True, help_text="Such as BF16, FP8 or Q4_K_M."
    )
    context_length = models.PositiveIntegerField(
        _lazy("context length"),
        null=True,
        blank=True,
        validators=[MinValueValidator(1)],
        help_text="In tokens.",
    )
    system_prompt = models.TextField(
        _lazy("system prompt"),
        blank=True,
        max_length=20_000,
        help_text="Its text, “none”, or that it is not public.",
    )
    parameters = models.JSONField(
        _lazy("parameters"),
        default=dict,
        blank=True,
        validators=[validate_parameters],
        help_text='A JSON object, such as {"temperature": 0.7}.',
    )
    provider = models.CharField(
        _lazy("provider"), max_length=120, blank=True, help_text="Who runs the endpoint."
    )

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="claim_change_is_recorded",
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                when=pgtrigger.After,
                declare=[
                    ("past", "jsonb := '{}'"),
                    ("present", "jsonb := '{}'"),
                    ("changed", "jsonb"),
                    ("of_contestant", "bigint"),
                ],
                func="""
                    IF TG_OP <> 'INSERT' THEN
                        past := to_jsonb(OLD) - 'contestant_id';
                        of_contestant := OLD.contestant_id;
                    END IF;
                    IF TG_OP <> 'DELETE' THEN
                        present := to_jsonb(NEW) - 'contestant_id';
                        of_contestant := NEW.contestant_id;
                    END IF;
                    IF NOT EXISTS (
                        SELECT 1 FROM contestants_statechange WHERE contestant_id = of_contestant
                    ) THEN
                        RETURN NULL;
                    END IF;
                    SELECT jsonb_object_agg(part, jsonb_build_array(before, after)) INTO changed
                    FROM (
                        SELECT part,
                            CASE WHEN a.value IN ('""', '{}', 'null') THEN NULL
                                ELSE a.value END AS before,
                            CASE WHEN b.value IN ('""', '{}', 'null') THEN NULL
                                ELSE b.value END AS after
                        FROM jsonb_each(past) AS a (part, value)
                        FULL JOIN jsonb_each(present) AS b (part, value) USING (part)
                    ) AS parts
                    WHERE before IS DISTINCT FROM after;
                    IF changed IS NOT NULL THEN
                        INSERT INTO contestants_claimchange (contestant_id, changed, changed_at)
                            VALUES (of_contestant, changed, now());
                    END IF;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"claim of {self.contestant}"

    @property
    def stated(self) -> dict[str, Any]:
        """The parts that are stated, by name."""
        values = {part: getattr(self, part) for part in CLAIM_PARTS}
        return {part: value for part, value in values.items() if value not in ("", None, {})}

    @property
    def in_words(self) -> list[tuple[str, str]]:
        """The name and the value of each part that is stated, for visitors."""
        return [(str(CLAIM_PARTS[part]), _value(value)) for part, value in self.stated.items()]


def _value(value: object) -> str:
    """A value of a part in words; parameters one after the other."""
    if isinstance(value, dict):
        return ", ".join(f"{name} {json.dumps(each)}" for name, each in value.items())
    return str(value)


CLAIM_PARTS: Mapping[str, Any] = {
    field.name: field.verbose_name for field in Claim._meta.fields if not field.primary_key
}
"""The parts of a claim, and what they are called."""


class ClaimChange(models.Model):
    """Parts of a claim changed since its contestant first competed.

    The database writes these, and keeps them.
    """

    contestant = models.ForeignKey(
        Contestant, on_delete=models.PROTECT, related_name="claim_changes"
    )
    changed = models.JSONField(
        help_text="By part: its value before and after. null: it was not stated."
    )
    changed_at = models.DateTimeField()

    class Meta:
        ordering = ["-changed_at", "-pk"]
        triggers = [
            pgtrigger.Protect(
                name="claim_change_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.contestant}: {', '.join(self.in_words)}"

    @property
    def in_words(self) -> list[str]:
        """What changed, for visitors."""
        return [
            _change_in_words(str(CLAIM_PARTS.get(part, part)), before, after)
            for part, (before, after) in self.changed.items()
        ]


def _change_in_words(part: str, before: object, after: object) -> str:
    """A change of a part of a claim; long texts and parameters are not quoted."""
    names = {"part": part, "before": before, "after": after}
    quoted = [value for value in (before, after) if value is not None]
    if any(isinstance(value, dict) or len(str(value)) > LONGEST_QUOTED_CHARS for value in quoted):
        return _("claim: %(part)s") % names
    if before is None:
        return _("claim: %(part)s is %(after)s") % names
    if after is None:
        return _("claim: %(part)s is no longer stated, it was %(before)s") % names
    return _("claim: %(part)s is %(after)s, it was %(before)s") % names
