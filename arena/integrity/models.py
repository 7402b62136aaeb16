"""What the checks know of voters. Evidence is never a verdict: exclusion is a human's decision."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from arena.battles.models import Vote
from arena.contestants.models import Contestant
from arena.voters.models import Voter

LEFT = "<i4"
"""Of the ids in `WeighedVote.left`, for NumPy."""


class VoterEvidence(models.Model):
    """A voter's e-process over all weighed votes; see `statistics.voter.preference`."""

    voter = models.OneToOneField(
        Voter, on_delete=models.PROTECT, primary_key=True, related_name="evidence"
    )
    votes = models.PositiveIntegerField(default=0, help_text="Weighed so far.")
    models_known = models.PositiveIntegerField(default=0, help_text="Contestants in `values`.")
    values = models.BinaryField(
        default=bytes, help_text="All that the e-process remembers, as `Evidence.packed`."
    )
    own = models.BinaryField(
        default=bytes,
        help_text="Counts that the voter has on the overall board, as in `OwnCounts`.",
    )
    own_changes = models.BigIntegerField(
        default=0, help_text="Changes of the oldest board that contains all of `own`."
    )
    canaries = models.BinaryField(
        default=bytes, help_text="Evidence of check battles, as in `CanaryEvidence`."
    )
    seeking = models.BinaryField(
        default=bytes, help_text="Evidence of which battles get a vote, as `Seeking.packed`."
    )
    ties = models.BinaryField(
        default=bytes,
        db_default=b"",
        help_text="Evidence of which of these end in ties, as `Ties.packed`.",
    )
    habits = models.JSONField(
        default=dict, help_text="States of all habits by name, as in `arena.integrity.flags`."
    )
    offset = models.FloatField(
        default=0.0, help_text="At most 0: keeps new contestants from raising the e-value."
    )
    log_e = models.FloatField(default=0.0, help_text="Natural logarithm of the e-value now.")
    peak_log_e = models.FloatField(default=0.0, help_text="The highest it ever was.")
    reviewed_log_e = models.FloatField(
        default=0.0, help_text="The peak that a moderator has looked at and let pass."
    )
    hold_due = models.BooleanField(
        default=False, help_text="Votes that count are still to be held."
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
    """One step of an e-process: what the board expected of a vote, and the e-value after it."""

    vote = models.OneToOneField(
        Vote, on_delete=models.PROTECT, primary_key=True, related_name="weighed"
    )
    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="+", db_index=False)
    number = models.PositiveIntegerField(help_text="Of the step among the voter's, from 1.")
    models_known = models.PositiveIntegerField(help_text="Contestants that there were.")
    # Of a check battle these are as they stand here.
    difference = models.FloatField(
        default=0.0, help_text="Log-odds of side A on the overall board fitted without the voter."
    )
    error = models.FloatField(default=0.0, help_text="Standard error of the difference.")
    helps_a = models.BinaryField(
        default=bytes, help_text="One bit for each contestant, by id: whether a win of A lifts it."
    )
    left = models.BinaryField(
        default=bytes,
        help_text="Contestants of the battles opened since the vote before, and left: int32 pairs.",
    )
    tie_closeness = models.FloatField(
        null=True,
        help_text="The board's log-odds of a tie less those for equals. Empty: ties told nothing.",
    )
    tie_room = models.FloatField(
        default=0.0,
        db_default=0.0,
        help_text="Log-odds by which an honest voter may tie more: `extra_room`.",
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


class OwnChange(models.Model):
    """A change of the overall board's counts by a vote, written in the transaction that makes it.

    It is gone once the vote is weighed and the change is part of its voter's `VoterEvidence.own`.
    Whether a board as read at some time contains it, its number tells exactly.
    """

    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="+", db_index=False)
    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="+", db_index=False)
    delta = models.SmallIntegerField(
        help_text="1: the vote was counted. -1: it was taken back. 0: it is of a check."
    )
    number = models.BigIntegerField(
        help_text="Of the change among its pair's on the overall board; 0: before all boards."
    )
    unweighed = models.BooleanField(help_text="The vote is still to be weighed.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(delta__in=[1, 0, -1]), name="own_change_by_one"),
            models.CheckConstraint(
                condition=Q(unweighed=False) | Q(delta__gte=0), name="own_change_weighed_if_counted"
            ),
            models.UniqueConstraint(
                fields=["vote"], condition=Q(unweighed=True), name="vote_is_weighed_once"
            ),
        ]
        indexes = [
            models.Index(fields=["voter", "id"], name="own_change_of_voter"),
            models.Index(
                fields=["voter"], condition=Q(unweighed=True), name="own_change_unweighed"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delta:+} for vote {self.vote_id}"


class Signal(models.Model):
    """One measured oddity of a voter, or of several together: what opens a case. Never changed.

    What `detail` holds depends on the kind:

    - preference: `votes` weighed by then, what check battles gave of it (`checks_log_e`), and the
      `alternative` that explains them best: favours, disfavours, omnipresent, seeks, ties_for or
      ties_against with the `contestant` (id), side with the `side`, pattern (of sides), or random.
      If the others told the target, all `members` whose own votes speak for it; then the e-value,
      of this target alone, is the least of theirs.
    - attention and prompt: the `habit`, and its `measure` after so many `votes`.
    - newcomers: what the votes of `accounts` new accounts do to the `contestant` (`change`: lifted,
      lowered, tied), as `arena.integrity.collusion.newcomers.described` says it.
    - group: how many `members` it has of which the signal's voters are those whose own votes speak
      for it, and the same of the alternative.
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
                name="signal_of_a_habit_has_no_e_value",
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
    """What newcomers' votes of a day are compared with: see `statistics.newcomers.changes`.

    Written once, at the beginning of the day, from the votes that established voters cast before.
    """

    day = models.DateField(primary_key=True)
    number = models.PositiveIntegerField(unique=True, help_text="Of the day on this site, from 1.")
    contestants = ArrayField(models.BigIntegerField(), help_text="On the board, by id.")
    strengths = models.BinaryField(help_text="In log-odds, float64, one for each.")
    covariance = models.BinaryField(help_text="Of the strengths, float32, row by row.")
    ties = models.FloatField(help_text="How readily ties are called: Davidson's parameter.")

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


class NewcomersPassed(models.Model):
    """A moderator's word that newcomers may vote so about a model; evidence begins anew."""

    decision = models.BigIntegerField(unique=True, help_text="Whose word it is, by id.")
    contestant = models.ForeignKey(Contestant, on_delete=models.PROTECT, related_name="+")
    change = models.CharField(max_length=8)
    newest = models.BigIntegerField(help_text="Votes up to this one (id) are no evidence any more.")
    is_withdrawn = models.BooleanField(default=False, help_text="The decision was undone.")

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(change__in=["lifted", "lowered", "tied"]),
                name="newcomers_passed_change_known",
            ),
        ]

    def __str__(self) -> str:
        return f"newcomers' votes on {self.contestant_id}, {self.change}, pass up to {self.newest}"
