"""What the tests of integrity store. Evidence is no verdict: moderators decide about votes."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from arena.battles.models import Vote
from arena.contestants.models import Contestant
from arena.voters.models import Voter

PAIR_IDS = "<i4"
"""NumPy type of the contestants' ids in `WeighedVote.abandoned`."""


class VoterEvidence(models.Model):
    """A voter's e-process over all weighed votes; see `statistics.voter.evidence`."""

    voter = models.OneToOneField(
        Voter, on_delete=models.PROTECT, primary_key=True, related_name="evidence"
    )
    votes = models.PositiveIntegerField(default=0, help_text="Votes weighed so far.")
    models_known = models.PositiveIntegerField(
        default=0, help_text="Number of contestants in `preference`."
    )
    preference = models.BinaryField(
        default=bytes, help_text="State of the test of picks: `PreferenceEvidence.packed`."
    )
    ledger = models.BinaryField(
        default=bytes, help_text="The voter's counts on the overall board: `LedgerCounts.packed`."
    )
    ledger_revision = models.BigIntegerField(
        default=0, help_text="Revision of the oldest board that includes all of `ledger`."
    )
    gold = models.BinaryField(
        default=bytes, help_text="State of the test of gold questions: `GoldEvidence.packed`."
    )
    target_seeking = models.BinaryField(
        default=bytes, help_text="State of the test of target-seeking: `TargetSeeking.packed`."
    )
    ties = models.BinaryField(
        default=bytes, db_default=b"", help_text="State of the test of ties: `Ties.packed`."
    )
    flags = models.JSONField(
        default=dict, help_text="State of each behaviour flag by name: `arena.integrity.flags`."
    )
    offset = models.FloatField(
        default=0.0,
        help_text="At most 0. Added to `log_e`, so that a new contestant never raises it.",
    )
    log_e = models.FloatField(default=0.0, help_text="Natural logarithm of the e-value now.")
    peak_log_e = models.FloatField(default=0.0, help_text="The highest `log_e` so far.")
    acknowledged_log_e = models.FloatField(
        default=0.0, help_text="The `peak_log_e` that a moderator acknowledged."
    )
    hold_due = models.BooleanField(
        default=False, help_text="The next check holds the voter's counted votes."
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(offset__lte=0), name="evidence_offset_lowers"),
            models.CheckConstraint(condition=Q(peak_log_e__gte=0), name="evidence_starts_at_one"),
        ]
        indexes = [
            models.Index(fields=["-peak_log_e"], name="evidence_strongest_first"),
            models.Index(fields=["voter"], condition=Q(hold_due=True), name="evidence_hold_is_due"),
        ]

    def __str__(self) -> str:
        return f"evidence of {self.voter_id}"


class WeighedVote(models.Model):
    """One step of an e-process: what the board predicted of a vote, and the e-value after it."""

    vote = models.OneToOneField(
        Vote, on_delete=models.PROTECT, primary_key=True, related_name="weighed"
    )
    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField(help_text="Number of the step of this voter, from 1.")
    models_known = models.PositiveIntegerField(help_text="Number of contestants at that time.")
    # The defaults below are for votes on gold questions, of which the board predicts nothing.
    difference = models.FloatField(
        default=0.0, help_text="Log-odds of side A on the overall board fitted without the voter."
    )
    error = models.FloatField(default=0.0, help_text="Standard error of the difference.")
    gradient_sign = models.BinaryField(
        default=bytes,
        help_text="One bit for each contestant, by id: 1 if a win of A raises its rating.",
    )
    abandoned = models.BinaryField(
        default=bytes,
        help_text="Contestants of the battles abandoned since the previous vote: int32 pairs.",
    )
    tie_closeness = models.FloatField(
        null=True,
        help_text="Log-odds of a tie of this pair minus those of two equal models. Empty: the vote"
        " was weighed before ties were tested.",
    )
    tie_tolerance = models.FloatField(
        default=0.0,
        db_default=0.0,
        help_text="Log-odds that an honest voter may tie more here: `tie_tolerance`.",
    )
    log_e = models.FloatField()
    weighed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="weighed_vote_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]
        constraints = [
            models.UniqueConstraint(fields=["voter", "number"], name="weighed_vote_in_order"),
            models.CheckConstraint(condition=Q(number__gte=1), name="weighed_vote_from_one"),
        ]

    def __str__(self) -> str:
        return f"vote {self.vote_id} weighed"


class VoterCountDelta(models.Model):
    """A change of the overall board's counts by one vote, written in the same transaction.

    The row is deleted once the vote is weighed and the change is part of `VoterEvidence.ledger`.
    `revision` tells exactly whether a board that was read at some time includes the change.
    """

    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="+", db_index=False)
    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="+", db_index=False)
    delta = models.SmallIntegerField(
        help_text="1: the vote was counted. -1: it was taken back. 0: it is on a gold question."
    )
    revision = models.BigIntegerField(
        help_text="Revision of the pair on the overall board after the change; 0: before all."
    )
    unweighed = models.BooleanField(help_text="The vote still has to be weighed.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(delta__in=[1, 0, -1]), name="count_delta_by_one"),
            models.CheckConstraint(
                condition=Q(unweighed=False) | Q(delta__gte=0),
                name="count_delta_weighed_if_counted",
            ),
            models.UniqueConstraint(
                fields=["vote"], condition=Q(unweighed=True), name="vote_is_weighed_once"
            ),
        ]
        indexes = [
            models.Index(fields=["voter", "id"], name="count_delta_of_voter"),
            models.Index(
                fields=["voter"], condition=Q(unweighed=True), name="count_delta_unweighed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+} for vote {self.vote_id}"


class Signal(models.Model):
    """One finding about a voter, or about several together; it opens a case. It never changes.

    What `detail` holds depends on the kind:

    - preference: the number of `votes` weighed by then, the part of the evidence from gold
      questions (`gold_log_e`), and the `alternative` that explains the votes best: favours,
      disfavours, omnipresent, seeks, ties_for or ties_against with the `contestant` (id); side with
      the `side`; pattern (of sides); or random. If the pooled test identified the voters by the
      target that they share: the number of `members` identified; then the e-value is the least of
      theirs, for this target alone.
    - attention and prompt: the `flag`, and its `measure` after so many `votes`.
    - newcomers: what the votes of `accounts` new accounts do to the `contestant` (`change`: lifted,
      lowered, tied), as `arena.integrity.collusion.newcomers.described` has it.
    - group: the number of its `members` (the signal's voters are those whose votes support the
      finding), and the `alternative` as above.
    """

    class Kind(models.TextChoices):
        PREFERENCE = "preference", "prefers models as no honest voter would"
        GROUP = "group", "voters who share networks, prompts or devices do so together"
        NEWCOMERS = "newcomers", "newcomers vote about one model as no honest crowd would"
        ATTENTION = "attention", "votes as hardly anybody does who reads"
        PROMPT = "prompt", "asks as hardly anybody does who is curious"

    kind = models.CharField(max_length=12, choices=Kind.choices)
    voters = models.ManyToManyField(Voter, related_name="signals")
    log_e = models.FloatField(
        null=True,
        help_text="Natural logarithm of the e-value. Empty: it says where to look, nothing more.",
    )
    detail = models.JSONField(default=dict)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(kind__in=["preference", "group", "newcomers", "attention", "prompt"]),
                name="signal_kind_known",
            ),
            models.CheckConstraint(
                condition=Q(kind__in=["attention", "prompt"], log_e=None)
                | Q(kind__in=["preference", "group", "newcomers"]),
                name="signal_of_a_flag_has_no_e_value",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="signal_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} signal {self.pk}"


class NewcomersDay(models.Model):
    """The prediction that newcomers' votes of a day are compared with: `statistics.newcomers`.

    Written once, at the beginning of the day, from votes that established voters cast before it.
    """

    day = models.DateField(primary_key=True)
    number = models.PositiveIntegerField(unique=True, help_text="Of the day on this site, from 1.")
    contestants = ArrayField(models.BigIntegerField(), help_text="Those on the board, by id.")
    strengths = models.BinaryField(help_text="In log-odds: float64, one for each contestant.")
    covariance = models.BinaryField(help_text="Of the strengths: float32, row by row.")
    ties = models.FloatField(help_text="Davidson's tie parameter.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1), name="newcomers_day_from_one"),
            models.CheckConstraint(condition=Q(ties__gt=0), name="newcomers_day_has_ties"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="newcomers_day_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"newcomers of {self.day}"


class NewcomersAcknowledgement(models.Model):
    """A moderator acknowledged what newcomers do to a contestant: evidence starts again from 1."""

    decision = models.BigIntegerField(unique=True, help_text="The moderator's decision, by id.")
    contestant = models.ForeignKey(Contestant, on_delete=models.PROTECT, related_name="+")
    change = models.CharField(max_length=8)
    newest = models.BigIntegerField(help_text="Votes up to this id are no evidence any more.")
    is_withdrawn = models.BooleanField(default=False, help_text="The decision was undone.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(change__in=["lifted", "lowered", "tied"]),
                name="newcomers_acknowledgement_change_known",
            ),
        ]

    def __str__(self) -> str:
        return f"acknowledged up to {self.newest}: {self.contestant_id} {self.change}"
