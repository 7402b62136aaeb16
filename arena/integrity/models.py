"""What the checks know of voters. Evidence is never a verdict: exclusion is a human's decision."""

import pgtrigger
from django.db import models
from django.db.models import Q

from arena.battles.models import Vote
from arena.voters.models import Voter


class VoterEvidence(models.Model):
    """A voter's e-process over all weighed votes; see `arena.integrity.core.preference`."""

    voter = models.OneToOneField(
        Voter, on_delete=models.PROTECT, primary_key=True, related_name="evidence"
    )
    votes = models.PositiveIntegerField(default=0, help_text="Weighed so far.")
    models_known = models.PositiveIntegerField(default=0, help_text="Contestants in `values`.")
    values = models.BinaryField(
        default=bytes, help_text="Log-e-values of the alternatives, float64, as in `Evidence`."
    )
    random = models.FloatField(default=0.0, help_text="Log-e-value of voting at random.")
    own = models.JSONField(
        default=dict,
        help_text="Counts that the voter has on the overall board, by places of the pair.",
    )
    offset = models.FloatField(
        default=0.0, help_text="At most 0: keeps new contestants from raising the e-value."
    )
    log_e = models.FloatField(default=0.0, help_text="Natural logarithm of the e-value now.")
    peak_log_e = models.FloatField(default=0.0, help_text="The highest it ever was.")
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(offset__lte=0), name="evidence_offset_lowers"),
            models.CheckConstraint(condition=Q(peak_log_e__gte=0), name="evidence_starts_at_one"),
        ]
        indexes = [models.Index(fields=["-peak_log_e"], name="evidence_strongest_first")]

    def __str__(self) -> str:
        return f"evidence of {self.voter_id}"


class WeighedVote(models.Model):
    """One step of an e-process: what the board expected of a vote, and the e-value after it."""

    vote = models.OneToOneField(
        Vote, on_delete=models.PROTECT, primary_key=True, related_name="weighed"
    )
    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="+")
    difference = models.FloatField(
        help_text="Log-odds of side A on the overall board fitted without the voter."
    )
    error = models.FloatField(help_text="Standard error of the difference.")
    helps_a = models.BinaryField(
        help_text="One bit for each contestant, by id: whether a win of A lifts it."
    )
    log_e = models.FloatField()
    weighed_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        triggers = [
            pgtrigger.Protect(
                name="weighed_vote_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]
        indexes = [models.Index(fields=["voter", "vote"], name="weighed_vote_in_order")]

    def __str__(self) -> str:
        return f"vote {self.vote_id} weighed"


class Signal(models.Model):
    """One measured oddity of a voter, or of several together: what opens a case. Never changed.

    What `detail` holds depends on the kind:

    - preference: `votes` weighed by then, and the `alternative` that explains them best: favours,
      disfavours or omnipresent with the `contestant` (id), side with the `side`, or random.
    """

    class Kind(models.TextChoices):
        PREFERENCE = "preference", "prefers models as no honest voter would"

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
            models.CheckConstraint(condition=Q(kind__in=["preference"]), name="signal_kind_known"),
        ]
        triggers = [
            pgtrigger.Protect(
                name="signal_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} signal {self.pk}"
