"""Decisions, their votes and approvals, and appeals against them."""

import pgtrigger
from django.db import models
from django.db.models import Q

from arena.battles.models import Vote, VoteStanding
from arena.moderation.models.case import Case
from arena.voters.models import Member, Voter


class Appeal(models.Model):
    """A voter's appeal against a decision, once in a case."""

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="appeals")
    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="appeals")
    decision = models.ForeignKey("Decision", on_delete=models.PROTECT, related_name="appeals")
    text = models.TextField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["case", "voter"], name="appeal_once"),
            models.CheckConstraint(condition=~Q(text=""), name="appeal_says_why"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="appeal_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"appeal in case {self.case_id}"

    @property
    def answer(self) -> "Decision | None":
        """The decision on it, in force or waiting for a second moderator."""
        return next((answer for answer in self.answers.all() if answer.stands), None)


class Decision(models.Model):
    """A moderator's decision in a case. It never changes; another decision can undo it.

    Its `DecidedVote`s say which votes it changes; `arena.moderation.decisions.kinds` has the rules
    of each kind. A decision with `needs_second` has no effect until an `Approval` grants it.
    """

    class Kind(models.TextChoices):
        DISMISS = "dismiss", "dismiss: the votes count"
        HOLD = "hold", "keep held"
        EXCLUDE = "exclude", "exclude the votes"
        GROUP = "group", "exclude them as one group"
        SUSPEND = "suspend", "exclude them and suspend the voter"
        BAN = "ban", "ban the networks for a time"
        HIDE = "hide", "hide the conversation"
        UNDO = "undo", "undo a decision"
        GRANT = "grant", "grant an appeal: the votes count"
        UPHOLD = "uphold", "uphold the decision"

    case = models.ForeignKey(Case, on_delete=models.PROTECT, related_name="decisions")
    kind = models.CharField(max_length=8, choices=Kind.choices)
    reason = models.TextField(help_text="For moderators.")
    message = models.TextField(blank=True, help_text="For the voter.")
    scope = models.JSONField(
        default=dict,
        help_text="The votes: `since` and `until` (dates), or `votes` (ids). A ban: `days`.",
    )
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    influence = models.FloatField(help_text="Max. impact on a top-10 rating, in points.")
    needs_second = models.BooleanField()
    reviewed_before = models.JSONField(
        default=dict, help_text="By voter: `VoterEvidence.acknowledged_log_e` before it."
    )
    undoes = models.ForeignKey("self", null=True, on_delete=models.PROTECT, related_name="undoings")
    appeal = models.ForeignKey(Appeal, null=True, on_delete=models.PROTECT, related_name="answers")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(condition=~Q(reason=""), name="decision_has_reason"),
            models.CheckConstraint(
                condition=Q(
                    kind__in=["dismiss", "hold", "exclude", "group", "suspend", "ban", "hide"],
                    undoes=None,
                )
                | Q(kind="undo", undoes__isnull=False)
                | Q(kind__in=["grant", "uphold"], undoes=None, appeal__isnull=False),
                name="decision_of_a_kind",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="decision_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            pgtrigger.Trigger(
                name="decision_needs_claim",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=~pgtrigger.Q(new__kind="undo"),
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM moderation_case
                        WHERE id = NEW.case_id AND assignee_id = NEW.author_id
                    ) THEN
                        RAISE EXCEPTION 'case % is not claimed by who decides it', NEW.case_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # Unless a second moderator refused it, or it was undone.
            pgtrigger.Trigger(
                name="undone_and_answered_once",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM moderation_decision AS other
                        LEFT JOIN moderation_approval AS approval
                            ON approval.decision_id = other.id
                        WHERE (other.undoes_id = NEW.undoes_id OR other.appeal_id = NEW.appeal_id)
                            AND approval.granted IS NOT FALSE
                            AND NOT EXISTS (
                                SELECT 1 FROM moderation_decision AS undoing
                                LEFT JOIN moderation_approval AS agreed
                                    ON agreed.decision_id = undoing.id
                                WHERE undoing.undoes_id = other.id
                                    AND (NOT undoing.needs_second OR agreed.granted)
                            )
                    ) THEN
                        RAISE EXCEPTION 'that is undone, or answered, already'
                            USING ERRCODE = 'unique_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="appeal_goes_to_another",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__appeal__isnull=False),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM moderation_appeal AS appeal
                        JOIN moderation_decision AS decided ON decided.id = appeal.decision_id
                        LEFT JOIN moderation_approval AS approval
                            ON approval.decision_id = decided.id
                        WHERE appeal.id = NEW.appeal_id
                            AND NEW.author_id IN (decided.author_id, approval.author_id)
                    ) THEN
                        RAISE EXCEPTION 'appeal % is for another moderator', NEW.appeal_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in case {self.case_id}"

    @property
    def is_agreed(self) -> bool:
        """Whether a second moderator approved it, if it needs one."""
        return not self.needs_second or (hasattr(self, "approval") and self.approval.granted)

    @property
    def is_undone(self) -> bool:
        return any(undoing.is_agreed for undoing in self.undoings.all())

    @property
    def in_force(self) -> bool:
        """Whether it is approved, if it needs that, and not undone."""
        return self.is_agreed and not self.is_undone

    @property
    def stands(self) -> bool:
        """Whether it is in force, or waits for a second moderator."""
        return not self.is_undone and (self.is_agreed or not hasattr(self, "approval"))


class Approval(models.Model):
    """A second moderator's approval or refusal of a decision with a large impact."""

    decision = models.OneToOneField(Decision, on_delete=models.PROTECT, related_name="approval")
    granted = models.BooleanField()
    reason = models.TextField()
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="approval_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            pgtrigger.Trigger(
                name="approval_by_another",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF EXISTS (
                        SELECT 1 FROM moderation_decision
                        WHERE id = NEW.decision_id AND author_id = NEW.author_id
                    ) THEN
                        RAISE EXCEPTION 'decision % needs a second moderator', NEW.decision_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{'granted' if self.granted else 'refused'}: {self.decision}"


class DecidedVote(models.Model):
    """A vote that a decision changes, with its standings before and after."""

    decision = models.ForeignKey(Decision, on_delete=models.PROTECT, related_name="votes")
    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="decided")
    before = models.ForeignKey(
        VoteStanding, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    after = models.ForeignKey(
        VoteStanding,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="Empty: not applied yet.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["decision", "vote"], name="vote_decided_once"),
        ]
        indexes = [
            models.Index(fields=["decision"], condition=Q(after=None), name="decided_vote_is_due"),
        ]
        triggers = [
            pgtrigger.Protect(name="decided_vote_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(name="decided_vote_is_final", fields=["decision", "vote", "before"]),
        ]

    def __str__(self) -> str:
        return f"vote {self.vote_id} by {self.decision}"
