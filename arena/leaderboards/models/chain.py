"""The hash chain of everything published, and the keys that sign it."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from arena.leaderboards.models.snapshot import Snapshot


class SigningKey(models.Model):
    """A public key that signs entries, in the order of their hand-over. See `ratings.proof`."""

    key = models.CharField(max_length=64, unique=True, help_text="SHA-256 of the public key.")
    public = models.CharField(max_length=44, help_text="32 bytes in base64.")
    previous = models.OneToOneField(
        "self", null=True, on_delete=models.PROTECT, related_name="successor"
    )
    after = models.BigIntegerField(help_text="The last entry that the key before it signed.")
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


class ChainEntry(models.Model):
    """An entry of the one hash chain of everything published. See `ratings.proof`."""

    class Kind(models.TextChoices):
        SNAPSHOT = "snapshot", "snapshot"
        EXPORT = "export", "export"

    number = models.BigIntegerField(primary_key=True)
    previous = models.CharField(max_length=64, blank=True, help_text="Digest of the one before.")
    digest = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=8, choices=Kind.choices)
    subject = models.CharField(max_length=64, help_text="SHA-256 of what was published.")
    snapshot = models.OneToOneField(
        Snapshot, null=True, on_delete=models.PROTECT, related_name="chain_entry"
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
                name="chain_entry_of_a_snapshot_or_an_export",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="chain_entry_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            pgtrigger.Trigger(
                name="chain_entry_follows_the_last",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (SELECT 1 FROM ratings_chainentry WHERE number >= NEW.number)
                        OR (NEW.number = 1) <> (NEW.previous = '')
                        OR NEW.number > 1 AND NOT EXISTS (
                            SELECT 1 FROM ratings_chainentry
                            WHERE number = NEW.number - 1 AND digest = NEW.previous
                        )
                    THEN
                        RAISE EXCEPTION 'entry % does not follow the last one', NEW.number
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"entry {self.number}"
