"""The audit log, and saved filters of the queue."""

import pgtrigger
from django.db import models
from django.db.models import Q

from arena.moderation.models.case import Case
from arena.voters.models import Member


class SavedFilter(models.Model):
    """A filter of the queue that a moderator saved under a name."""

    member = models.ForeignKey(Member, on_delete=models.CASCADE, related_name="saved_filters")
    name = models.CharField(max_length=60)
    query = models.CharField(max_length=500, help_text="Of the queue's address.")

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["member", "name"], name="filter_named_once"),
            models.CheckConstraint(condition=~Q(name=""), name="filter_has_a_name"),
        ]

    def __str__(self) -> str:
        return self.name


class AuditEntry(models.Model):
    """A line of the audit log. The database chains the lines by their digests.

    `digest` is the SHA-256 of the line with `previous`, the digest of the line before it; see
    `arena.moderation.audit` for its canonical form.
    """

    class Action(models.TextChoices):
        OPENED = "opened", "case opened"
        GREW = "grew", "new evidence in a case"
        READ_CASE = "read_case", "read the evidence of a case"
        READ_VOTE = "read_vote", "read the prompt and the answers of a vote"
        READ_IMAGE = "read_image", "viewed the image of a prompt"
        READ_VOTER = "read_voter", "read who is linked with a voter"
        READ_QUALITY = "read_quality", "read the quality check"
        READ_LOG = "read_log", "read this log"
        EXPORTED_LOG = "exported_log", "exported this log"
        PREVIEWED = "previewed", "previewed a decision"
        CLAIMED = "claimed", "claimed a case"
        RETURNED = "released", "returned a case to the queue"
        DECIDED = "decided", "decided"
        APPROVED = "approved", "approved a decision"
        REFUSED = "refused", "refused a decision"
        APPEALED = "appealed", "a voter appealed"

    number = models.BigIntegerField(unique=True, default=0, help_text="From 1, without gaps.")
    at = models.DateTimeField(auto_now_add=True)
    actor = models.ForeignKey(
        Member,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: the arena itself, or a voter.",
    )
    action = models.CharField(max_length=12, choices=Action.choices)
    case = models.ForeignKey(Case, null=True, on_delete=models.PROTECT, related_name="log")
    detail = models.TextField(default="{}", help_text="JSON.")
    previous = models.CharField(max_length=64, blank=True)
    digest = models.CharField(max_length=64, blank=True)

    class Meta:
        ordering = ["-number"]
        verbose_name_plural = "audit entries"
        triggers = [
            pgtrigger.Protect(
                name="audit_entry_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            pgtrigger.Trigger(
                name="audit_entry_is_chained",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                declare=[("last", "RECORD")],
                # The lock is kept until the transaction ends, so that no two follow one line.
                func="""
                    PERFORM pg_advisory_xact_lock(hashtext('moderation_auditentry'));
                    SELECT number, digest INTO last FROM moderation_auditentry
                        ORDER BY number DESC LIMIT 1;
                    NEW.number := coalesce(last.number, 0) + 1;
                    NEW.previous := coalesce(last.digest, '');
                    NEW.at := clock_timestamp();
                    NEW.digest := encode(sha256(convert_to(json_build_array(
                        NEW.number, NEW.previous,
                        to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"'),
                        NEW.actor_id, NEW.action, NEW.case_id, NEW.detail
                    )::text, 'UTF8')), 'hex');
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.action}"
