"""How much votes count."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from arena.battles.models.vote import Vote


class VoteWeight(models.Model):
    """How much a vote counts if it does, and what bounds it. The newest one is in force.

    A vote without any counts fully. See `arena.integrity.statistics.weights.vote_weights`.
    """

    class Group(models.TextChoices):
        """The group of votes that moved a model further than chance explains."""

        VOTER = "voter", _("one voter's votes")
        NETWORK = "network", _("votes of new voters from one network on one day")
        DAY = "day", _("votes of new voters on one day")
        WEEK = "week", _("votes of new voters in one week")
        CLASS = "class", _("votes of new voters")

    FULL = 10  # tenths

    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="weights", db_index=False)
    tenths = models.PositiveSmallIntegerField()
    group = models.CharField(
        max_length=7, choices=Group.choices, blank=True, help_text="Empty: it counts fully."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        constraints = [
            models.CheckConstraint(
                condition=Q(tenths=10, group="")
                | Q(tenths__lt=10, group__in=["voter", "network", "day", "week", "class"]),
                name="vote_weight_in_tenths_and_why",
            ),
        ]
        indexes = [models.Index(fields=["vote", "-id"], name="weight_newest_of_vote")]
        triggers = [
            pgtrigger.Protect(
                name="weight_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"vote {self.vote_id} counts {self.tenths}/10"

    @property
    def share(self) -> float:
        """From 0 to 1."""
        return self.tenths / self.FULL

    def explanation(self) -> str:
        """Why the vote does not count fully, in words for its voter; empty if it does."""
        if not self.group:
            return ""
        sentence = (
            _("Your vote counts %(share)s instead of 1: %(why)s")
            if self.tenths
            else _("Your vote weighs 0: %(why)s")
        )
        return sentence % {"share": f"{self.share:.1f}", "why": self.why()}

    def why(self) -> str:
        """What bounds the weight, in words for the vote's voter."""
        is_own = self.group == self.Group.VOTER
        group = _("your own votes") if is_own else self.get_group_display()
        return _("%(group)s moved a model further than chance explains.") % {"group": group}
