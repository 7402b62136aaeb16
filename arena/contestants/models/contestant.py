"""Contestants, and the changes of their state."""

from typing import Any

import pgtrigger
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _


def _update_of(*columns: str) -> pgtrigger.UpdateOf:
    return pgtrigger.UpdateOf(*columns)  # type: ignore[no-untyped-call]


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
