"""What voters say of answers beside their vote."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Length
from django.db.models.lookups import LessThanOrEqual
from django.utils.translation import gettext_lazy as _

from arena.battles.models.battle import Battle, Side
from arena.battles.models.querysets import ReportQuerySet
from arena.battles.models.vote import Vote
from arena.voters.models import Voter


class Report(models.Model):
    """Somebody says that a conversation, or one of its answers, should not stand as it is."""

    class Reason(models.TextChoices):
        PERSONAL = "personal", _("It holds personal data.")
        UNLAWFUL = "unlawful", _("It is unlawful or dangerous.")
        HATEFUL = "hateful", _("It is hateful or harasses somebody.")
        SEXUAL = "sexual", _("It is sexual.")
        OTHER = "other", _("Something else.")

    LONGEST = 1000  # characters of a comment

    battle = models.ForeignKey(Battle, on_delete=models.PROTECT, related_name="reports")
    side = models.CharField(
        max_length=1, choices=Side.choices, blank=True, help_text="Empty: the whole conversation."
    )
    voter = models.ForeignKey(
        Voter, null=True, blank=True, on_delete=models.PROTECT, related_name="reports"
    )
    reason = models.CharField(max_length=8, choices=Reason.choices)
    comment = models.CharField(max_length=LONGEST, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ReportQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(reason__in=["personal", "unlawful", "hateful", "sexual", "other"]),
                name="report_reason_known",
            ),
            models.CheckConstraint(condition=Q(side__in=["", "a", "b"]), name="report_side_known"),
        ]

    def __str__(self) -> str:
        return f"{self.reason} in {self.battle_id}"


class Trait(models.TextChoices):
    """What a voter says of one side, beside the vote."""

    CORRECT = "correct", _("Correct")
    CLEAR = "clear", _("Clear")
    COMPLETE = "complete", _("Complete")
    GOOD_STYLE = "good_style", _("Good style")
    WRONG = "wrong", _("Wrong")
    UNCLEAR = "unclear", _("Unclear")
    INCOMPLETE = "incomplete", _("Incomplete")
    UNSAFE = "unsafe", _("Unsafe")
    NOT_FOLLOWED = "not_followed", _("Did not do what was asked")


OPPOSITES = (
    (Trait.CORRECT, Trait.WRONG),
    (Trait.CLEAR, Trait.UNCLEAR),
    (Trait.COMPLETE, Trait.INCOMPLETE),
)


def _traits() -> "ArrayField[list[str], list[str]]":
    return ArrayField(
        models.CharField(max_length=12, choices=Trait.choices), default=list, blank=True
    )


def _traits_agree(side: str) -> list[models.CheckConstraint]:
    """The traits of a side are known, and none stands beside its opposite."""
    both = Q()
    for pair in OPPOSITES:
        both |= Q(**{f"traits_{side}__contains": [trait.value for trait in pair]})
    known = Q(**{f"traits_{side}__contained_by": Trait.values})
    return [models.CheckConstraint(condition=known & ~both, name=f"reaction_traits_agree_{side}")]


class Reaction(models.Model):
    """Why a voter voted so, in their own time after the vote. No vote depends on it.

    The voter may change it for a while; the last word stands.
    """

    LONGEST = 2000  # characters of a comment

    vote = models.OneToOneField(
        Vote, primary_key=True, on_delete=models.PROTECT, related_name="reaction"
    )
    traits_a = _traits()
    traits_b = _traits()
    comment = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            *_traits_agree("a"),
            *_traits_agree("b"),
            models.CheckConstraint(
                condition=LessThanOrEqual(Length("comment"), 2000),
                name="reaction_comment_not_too_long",
            ),
        ]

    def __str__(self) -> str:
        return f"reaction to {self.vote}"
