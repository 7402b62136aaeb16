"""Prompts that are known, were put to named models, or gave a model away."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.db.models.functions import MD5

from arena.battles.models.battle import Battle, Side
from arena.battles.models.turn import Turn
from arena.voters.models import Voter


class Benchmark(models.Model):
    """A list of published questions, loaded by `load_benchmark`."""

    name = models.SlugField(max_length=60, unique=True)
    loaded_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class KnownPrompt(models.Model):
    """What later prompts are compared with: a fresh prompt of a turn, or a benchmark's question."""

    turn = models.OneToOneField(
        Turn, null=True, blank=True, on_delete=models.PROTECT, related_name="known"
    )
    benchmark = models.ForeignKey(
        Benchmark, null=True, blank=True, on_delete=models.CASCADE, related_name="questions"
    )
    question = models.TextField(blank=True, help_text="Of a benchmark.")
    bands = ArrayField(models.BigIntegerField(), help_text="By arena.text.freshness.")
    is_common = models.BooleanField(
        default=False,
        db_default=False,
        help_text="More askers than two within a week had it, as once found out.",
    )

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(turn__isnull=False, benchmark__isnull=True, question="")
                | (Q(turn__isnull=True, benchmark__isnull=False) & ~Q(question="")),
                name="known_from_a_turn_or_a_benchmark",
            ),
            models.UniqueConstraint("benchmark", MD5("question"), name="question_once"),
        ]
        indexes = [
            # Without the list of pending entries, which every search would have to read.
            GinIndex(fields=["bands"], name="known_prompt_bands", fastupdate=False),
        ]

    def __str__(self) -> str:
        return f"{self.benchmark or self.turn}"


class NamedPrompt(models.Model):
    """A prompt that was put to a model whose name was known, however it was written.

    Whoever asks it blind may recognise that model: see `arena.battles.prompts.named`.
    """

    digest = models.CharField(
        max_length=32, unique=True, help_text="By arena.text.near_duplicates."
    )
    keys = ArrayField(models.BigIntegerField(), help_text="Of its sketch and its parts.")

    class Meta:
        indexes = [
            GinIndex(fields=["keys"], name="named_prompt_keys", fastupdate=False),
        ]

    def __str__(self) -> str:
        return self.digest


class NamedAsking(models.Model):
    """One time that a `NamedPrompt` was put to a model, in a battle of a voter."""

    turn = models.OneToOneField(Turn, on_delete=models.CASCADE, related_name="named_asking")
    prompt = models.ForeignKey(NamedPrompt, on_delete=models.CASCADE, related_name="askings")
    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["prompt", "voter"], name="named_asking_of_voter")]
        triggers = [
            pgtrigger.Trigger(
                name="named_asking_is_not_blind",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM battles_turn AS turn
                        JOIN battles_battle AS battle ON battle.id = turn.battle_id
                        WHERE turn.id = NEW.turn_id AND battle.mode <> 'blind'
                            AND battle.voter_id = NEW.voter_id
                    ) THEN
                        RAISE EXCEPTION 'turn % is of no named model', NEW.turn_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.prompt} by {self.voter}"


class IdentityLeak(models.Model):
    """What identified a contestant before the vote of a battle. The voter sees it afterwards."""

    class Kind(models.TextChoices):
        PROBE = "probe", "the prompt asks the models who they are"
        NAME = "name", "the answer names its model or vendor"
        HOUSE_PHRASE = "house_phrase", "the answer uses a phrase of one vendor's models"

    battle = models.ForeignKey(Battle, on_delete=models.PROTECT, related_name="leaks")
    side = models.CharField(
        max_length=1, choices=Side.choices, blank=True, help_text="Empty: the prompt."
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    excerpt = models.CharField(max_length=160, help_text="The words, as the detector read them.")
    found_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["id"]
        constraints = [
            models.UniqueConstraint(fields=["battle", "side", "kind"], name="leak_once"),
            models.CheckConstraint(
                condition=Q(kind="probe", side="")
                | Q(kind__in=["name", "house_phrase"], side__in=["a", "b"]),
                name="leak_of_the_prompt_or_a_side",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.kind} in {self.battle_id}"
