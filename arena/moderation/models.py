"""What moderators review, what they decided, and the log of all that they did and read."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from arena.battles.models import Battle, Vote, VoteStanding
from arena.contestants.models import Contestant
from arena.integrity.models import Signal
from arena.voters.models import Member, Voter


class Simulation(models.Model):
    """A simulated voter of the blind quality check. Never changed but for when its next case opens.

    Its votes are no `Vote`s: they count nowhere, and exist only here.
    `arena.moderation.quality.simulation` makes them, `arena.moderation.quality.scores` uses them.
    """

    class Truth(models.TextChoices):
        RIGGER = "rigger", _("rigger")
        HONEST = "honest", _("honest voter")

    truth = models.CharField(max_length=6, choices=Truth.choices)
    kind = models.CharField(max_length=60, help_text="Of voters in the attack range.")
    detail = models.JSONField(help_text="As of a signal.")
    votes = models.JSONField(help_text="Rows of `arena.moderation.selectors.SimulatedVote`.")
    shown = models.JSONField(
        default=list, help_text="How many of the votes each of its cases shows, in their order."
    )
    due_at = models.DateTimeField(
        null=True, db_index=True, help_text="When its next case opens. Empty: none, for now."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(truth__in=["rigger", "honest"]), name="simulation_truth_known"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="simulation_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="simulation_is_final", fields=["truth", "kind", "detail", "votes", "shown"]
            ),
        ]

    def __str__(self) -> str:
        return f"simulation {self.pk}"


class Case(models.Model):
    """What a moderator is to look at: voters, whose signals are the evidence that opened it, or a
    conversation that was reported."""

    CONTENT = "content"
    KINDS = [*Signal.Kind.choices, (CONTENT, _("somebody reported what was written"))]

    class State(models.TextChoices):
        OPEN = "open", "open"
        APPEALED = "appealed", "appealed"
        SECOND = "second", "waits for a second moderator"
        SNOOZED = "snoozed", "snoozed until there is new evidence"
        DECIDED = "decided", "decided"

    state = models.CharField(max_length=8, choices=State.choices, default=State.OPEN)
    kind = models.CharField(
        max_length=12, help_text="Of the signal that opened it; content: of a reported battle."
    )
    battle = models.OneToOneField(
        Battle,
        null=True,
        on_delete=models.PROTECT,
        related_name="case",
        help_text="Whose texts were reported.",
    )
    simulation = models.ForeignKey(
        Simulation,
        null=True,
        on_delete=models.PROTECT,
        related_name="cases",
        help_text="Whose votes it shows, for the quality check. Empty: of a real voter.",
    )
    signals = models.ManyToManyField(Signal, related_name="cases")
    voters = models.ManyToManyField(Voter, related_name="cases")
    contestant = models.ForeignKey(
        Contestant,
        null=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whom the votes favour or disfavour, as far as known.",
    )
    boards = ArrayField(models.SlugField(), default=list, help_text="Slugs; the votes' boards.")
    votes = models.PositiveIntegerField(default=0)
    log_e = models.FloatField(
        default=0.0, help_text="Natural logarithm of the e-value; 0: the signals have none."
    )
    influence = models.FloatField(
        default=0.0, help_text="The most points that the votes give to one of the ten highest."
    )
    priority = models.FloatField(
        default=0.0, help_text="As in `arena.moderation.cases.weighing.priority`."
    )
    weighed_at = models.DateTimeField(
        default=timezone.now,
        help_text="When votes, evidence, influence and priority were computed.",
    )
    assignee = models.ForeignKey(
        Member, null=True, on_delete=models.SET_NULL, related_name="cases", help_text="Who reviews."
    )
    opened_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["-priority", "-pk"]
        permissions = [
            ("read_evidence", "Can read cases and the evidence in them"),
            ("decide", "Can claim and decide cases"),
            ("approve", "Can approve decisions of others"),
            ("read_log", "Can read the audit log"),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(state__in=["open", "appealed", "second", "snoozed", "decided"]),
                name="case_state_known",
            ),
            models.CheckConstraint(
                condition=Q(kind="content", battle__isnull=False)
                | ~Q(kind="content") & Q(battle=None),
                name="case_of_content_has_its_battle",
            ),
            models.CheckConstraint(
                condition=Q(battle=None) | Q(simulation=None), name="case_of_content_is_real"
            ),
        ]
        indexes = [
            models.Index("state", F("priority").desc(), F("id").desc(), name="case_queue"),
            GinIndex(fields=["boards"], name="case_boards"),
            models.Index(
                fields=["weighed_at"],
                condition=Q(battle=None) & ~Q(state="decided"),
                name="case_to_weigh",
            ),
        ]

    def __str__(self) -> str:
        return f"case {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("moderation:case", args=[self.pk])

    @property
    def may_be_undone(self) -> bool:
        """Whether what was decided in it can be undone now."""
        waits = self.state in {self.State.APPEALED, self.State.SECOND}
        return not waits and not self.told_simulated

    @property
    def may_be_hidden(self) -> bool:
        """Whether it is about a conversation that everybody may read."""
        conversation = getattr(self.battle, "conversation", None)
        return conversation is not None and conversation.hidden_at is None

    @property
    def told_simulated(self) -> bool:
        """Whether a moderator may know by now that it was of the quality check."""
        return self.simulation_id is not None and self.state == self.State.DECIDED


class Appeal(models.Model):
    """A voter's word against a decision: once in a case."""

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
        """What was decided on it, in force or waiting for a second moderator."""
        return next((answer for answer in self.answers.all() if answer.stands), None)


class Decision(models.Model):
    """A moderator's word on a case. Never changed: it is undone by another one.

    What it does to votes is in its `DecidedVote`s. One with `needs_second` does nothing until an
    `Approval` grants it.
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
    message = models.TextField(blank=True, help_text="To the voter, in plain words.")
    scope = models.JSONField(
        default=dict,
        help_text="Of the votes: `since` and `until` (dates), or `votes` (ids). Of a ban: `days`.",
    )
    author = models.ForeignKey(Member, on_delete=models.PROTECT, related_name="+")
    influence = models.FloatField(
        help_text="The most points by which it moves one of the ten highest."
    )
    needs_second = models.BooleanField()
    reviewed_before = models.JSONField(
        default=dict, help_text="By voter: `VoterEvidence.reviewed_log_e` before it."
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
        """Whether no second moderator's word is wanting."""
        return not self.needs_second or (hasattr(self, "approval") and self.approval.granted)

    @property
    def is_undone(self) -> bool:
        return any(undoing.is_agreed for undoing in self.undoings.all())

    @property
    def in_force(self) -> bool:
        """Whether it was agreed to, where it had to be, and has not been undone."""
        return self.is_agreed and not self.is_undone

    @property
    def stands(self) -> bool:
        """Whether it is in force, or waits for a second moderator."""
        return not self.is_undone and (self.is_agreed or not hasattr(self, "approval"))

    @property
    def is_reversible(self) -> bool:
        """Whether it can be undone: it is in force, and no appeal against it was granted."""
        if not self.in_force or self.kind in {self.Kind.UNDO, self.Kind.UPHOLD}:
            return False
        answers = [appeal.answer for appeal in self.appeals.all()]
        return not any(answer and answer.kind == self.Kind.GRANT for answer in answers)


class Approval(models.Model):
    """The word of a second moderator on a decision that moves the top of a board."""

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
    """What a decision does to one vote: the standings before and after it."""

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
        help_text="Empty: still to be done.",
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


class SavedFilter(models.Model):
    """What a moderator narrows the queue to, again and again."""

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
    """One line of the log of what moderators did and read. The database chains the lines.

    `digest` is the SHA-256 of the line with `previous`, the digest of the line before it; see
    `arena.moderation.audit` for its canonical form.
    """

    class Action(models.TextChoices):
        OPENED = "opened", "case opened"
        GREW = "grew", "new evidence in a case"
        READ_CASE = "read_case", "read the evidence of a case"
        READ_VOTE = "read_vote", "read the prompt and the answers of a vote"
        READ_IMAGE = "read_image", "looked at the image of a prompt"
        READ_VOTER = "read_voter", "read with whom a voter is linked"
        READ_QUALITY = "read_quality", "read the quality check"
        READ_LOG = "read_log", "read this log"
        EXPORTED_LOG = "exported_log", "exported this log"
        PREVIEWED = "previewed", "previewed a decision"
        CLAIMED = "claimed", "claimed a case"
        RELEASED = "released", "released a case"
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
