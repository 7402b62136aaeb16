"""Gold questions, and the style profiles that their decoys use."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from arena.battles.models.battle import Battle, Side
from arena.contestants.models import Contestant
from arena.text.style_profile import MAX_PHRASE_CHARS


class Manner(models.Model):
    """What a contestant's answers wear, as `arena.text.style_profile.Profile`, learnt every day.

    The phrases are of answers to prompts in one language, and come in those to several voters.
    """

    contestant = models.OneToOneField(
        Contestant, primary_key=True, on_delete=models.CASCADE, related_name="manner"
    )
    language = models.CharField(max_length=8, help_text="Of the phrases: ISO 639 code, or und.")
    opening = models.CharField(max_length=MAX_PHRASE_CHARS, blank=True)
    closing = models.CharField(max_length=MAX_PHRASE_CHARS, blank=True)
    openings = ArrayField(models.CharField(max_length=MAX_PHRASE_CHARS), default=list, blank=True)
    closings = ArrayField(models.CharField(max_length=MAX_PHRASE_CHARS), default=list, blank=True)
    bullet = models.CharField(max_length=1, blank=True)
    head = models.CharField(max_length=7, blank=True)
    title = models.CharField(max_length=6, blank=True)
    learnt_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(
                    **dict.fromkeys(("opening", "closing", "bullet", "head", "title"), ""),
                    openings=[],
                    closings=[],
                ),
                name="manner_has_something",
            ),
        ]

    def __str__(self) -> str:
        return f"manner of {self.contestant}"


class Canary(models.Model):
    """The truth of a check battle: what a voter who reads the answers would say.

    Both sides are one contestant. Its vote counts on no board; it tells bots and classifiers from
    readers, see `arena.integrity.statistics.voter.gold`.
    """

    class Kind(models.TextChoices):
        SAME = "same", "two answers of one model, as they came"
        DAMAGED = "damaged", "two answers of one model, one with its words out of order"
        DECOY = "decoy", "two answers of one model, one in the manner of another model"
        MARKED = "marked", "the same, in nothing but marks that no reader sees"
        SPOILT = "spoilt", "one that was stopped too early or broken off: it tells nothing"

    battle = models.OneToOneField(
        Battle, primary_key=True, on_delete=models.PROTECT, related_name="canary"
    )
    kind = models.CharField(max_length=8, choices=Kind.choices)
    side = models.CharField(
        max_length=1, choices=Side.choices, blank=True, help_text="The side that was changed."
    )
    target = models.ForeignKey(
        Contestant,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="The contestant whose manner the changed side wears.",
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
        help_text="Whose manner they wear.",
    )
    owed = models.BooleanField(
        default=False,
        db_default=False,
        help_text="It told nothing: the next battle of its voter makes up for it.",
    )
    stopped_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When its voter stopped it so early that it tells nothing.",
    )

    class Meta:
        verbose_name_plural = "canaries"
        constraints = [
            models.CheckConstraint(
                condition=Q(kind="same", side="", target=None)
                | Q(kind="damaged", side__in=["a", "b"], target=None)
                | Q(kind__in=["decoy", "marked"], side__in=["a", "b"], target__isnull=False)
                | Q(kind="spoilt", side__in=["", "a", "b"]),
                name="canary_says_what_was_changed",
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="canary_is_kept", operation=pgtrigger.Delete),
            pgtrigger.Trigger(
                name="canary_of_a_check",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM battles_battle WHERE id = NEW.battle_id AND is_check
                    ) THEN
                        RAISE EXCEPTION 'battle % is no check', NEW.battle_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="decoy_wears_anothers_manner",
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
