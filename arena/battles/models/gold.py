"""Gold questions, and the style profiles that decoys mimic."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from arena.battles.models.battle import Battle, Side
from arena.contestants.models import Contestant
from arena.text.transforms.style_profile import MAX_PHRASE_CHARS

HAS_PROFILE = ~Q(opening="", closing="", bullet="", head="", title="")
"""Of style profiles that another's answer can imitate."""


class StyleProfile(models.Model):
    """A contestant's `arena.text.transforms.style_profile.Profile`, fitted every day.

    Its phrases are from answers to prompts in one language, to several voters.
    """

    contestant = models.OneToOneField(
        Contestant, primary_key=True, on_delete=models.CASCADE, related_name="style_profile"
    )
    language = models.CharField(max_length=8, help_text="Of the phrases: ISO 639 code, or und.")
    opening = models.CharField(max_length=MAX_PHRASE_CHARS, blank=True)
    closing = models.CharField(max_length=MAX_PHRASE_CHARS, blank=True)
    openings = ArrayField(models.CharField(max_length=MAX_PHRASE_CHARS), default=list, blank=True)
    closings = ArrayField(models.CharField(max_length=MAX_PHRASE_CHARS), default=list, blank=True)
    bullet = models.CharField(max_length=1, blank=True)
    head = models.CharField(max_length=7, blank=True)
    title = models.CharField(max_length=6, blank=True)
    fitted_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(
                    **dict.fromkeys(("opening", "closing", "bullet", "head", "title"), ""),
                    openings=[],
                    closings=[],
                ),
                name="style_profile_not_empty",
            ),
        ]

    def __str__(self) -> str:
        return f"style profile of {self.contestant}"


class GoldBattle(models.Model):
    """The ground truth of a gold question: what a voter who reads the answers would pick.

    One contestant answers on both sides. Its vote counts on no board; it distinguishes bots and
    classifiers from readers, see `arena.integrity.statistics.voter.gold`.
    """

    class Kind(models.TextChoices):
        SAME = "same", "two answers of one model, as they came"
        DAMAGED = "damaged", "two answers of one model, one with its words out of order"
        DECOY = "decoy", "two answers of one model, one in the style of another model"
        INVISIBLE_DECOY = "invisible_decoy", "the same, with no change that readers see"
        VOIDED = "voided", "stopped too early or broken off: its vote is no evidence"

    battle = models.OneToOneField(
        Battle, primary_key=True, on_delete=models.PROTECT, related_name="gold"
    )
    kind = models.CharField(max_length=15, choices=Kind.choices)
    side = models.CharField(
        max_length=1, choices=Side.choices, blank=True, help_text="The side that was changed."
    )
    target = models.ForeignKey(
        Contestant,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The contestant whose style the changed side mimics.",
    )
    drawn_side = models.CharField(
        max_length=1,
        choices=Side.choices,
        blank=True,
        db_default="",
        help_text="The side that further answers are changed on, also if none has been so far.",
    )
    drawn_target = models.ForeignKey(
        Contestant,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Whose style they mimic.",
    )
    owed = models.BooleanField(
        default=False,
        db_default=False,
        help_text="Its vote is no evidence: the next battle of its voter replaces it.",
    )
    stopped_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When its voter stopped it so early that its vote is no evidence.",
    )

    class Meta:
        verbose_name_plural = "gold battles"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="same", side="", target=None)
                | Q(kind="damaged", side__in=["a", "b"], target=None)
                | Q(
                    kind__in=["decoy", "invisible_decoy"], side__in=["a", "b"], target__isnull=False
                )
                | Q(kind="voided", side__in=["", "a", "b"]),
                name="gold_says_what_was_changed",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="gold_is_kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="gold_of_a_gold_question",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM battles_battle WHERE id = NEW.battle_id AND is_gold
                    ) THEN
                        RAISE EXCEPTION 'battle % is no gold question', NEW.battle_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="decoy_mimics_another",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__target__isnull=False),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM battles_battle
                        WHERE id = NEW.battle_id AND contestant_a_id = NEW.target_id
                    ) THEN
                        RAISE EXCEPTION 'battle % is of the target itself', NEW.battle_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.battle_id}"
