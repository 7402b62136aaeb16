"""Battles, their turns and answers, and the votes that end them."""

import uuid

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex, GinIndex
from django.contrib.postgres.search import SearchVectorField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5, Length
from django.db.models.lookups import LessThanOrEqual
from django.urls import reverse
from django.utils import timezone
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _

from arena.contestants.models import Contestant, Endpoint
from arena.text.mimicry import LONGEST as LONGEST_PHRASE
from arena.text.personal_data import scrub
from arena.voters.models import Member, Voter
from ratings.models import Outcome

ERASED = "[erased]"
"""What stands where a text was that its author had erased."""

ORIGIN_DAYS = 14
"""For how many days it is kept where battles were opened, and votes are weighed anew."""


class Side(models.TextChoices):
    A = "a", "A"
    B = "b", "B"


class Battle(models.Model):
    """Two hidden contestants that answer one prompt, sides at random.

    In the other modes the voter chose who answers and knows it, so nothing of them counts. In a
    direct chat one contestant stands on both sides, and only side A answers.
    """

    class Mode(models.TextChoices):
        BLIND = "blind", "blind: two contestants drawn at random"
        SIDE_BY_SIDE = "side_by_side", "side by side: two contestants of the voter's choice"
        DIRECT = "direct", "direct: a chat with one contestant of the voter's choice"

    class State(models.TextChoices):
        GENERATING = "generating", "the answers are being written"
        OPEN = "open", "open to a vote"
        VOTED = "voted", "voted"
        FAILED = "failed", "failed"

    class Failure(models.TextChoices):
        """Why a battle failed, in words that do not tell the contestants apart."""

        NO_ANSWER = "no_answer", "A model gave no usable answer."
        INTERRUPTED = "interrupted", "The answers were interrupted and could not be finished."
        STOPPED = "stopped", "You stopped it before anything was shown."

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="battles")
    contestant_a = models.ForeignKey(
        Contestant, on_delete=models.PROTECT, related_name="battles_as_a"
    )
    contestant_b = models.ForeignKey(
        Contestant, on_delete=models.PROTECT, related_name="battles_as_b"
    )
    mode = models.CharField(
        max_length=12,
        choices=Mode.choices,
        default=Mode.BLIND,
        db_default=Mode.BLIND,
        help_text="Votes count on the boards in blind battles only.",
    )
    state = models.CharField(max_length=10, choices=State.choices, default=State.GENERATING)
    failure = models.CharField(max_length=12, choices=Failure.choices, blank=True)
    is_check = models.BooleanField(
        default=False, help_text="Its truth is known, see `Canary`; its vote never counts."
    )
    by_program = models.BooleanField(
        default=False, help_text="Opened with a key of the API; its vote never counts."
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    shown_at = models.DateTimeField(
        null=True,
        blank=True,
        help_text="When the pace has shown both answers fully, and the vote opens to the voter.",
    )
    may_publish = models.BooleanField(
        default=False, help_text="Its voter allows that the conversation is read by everybody."
    )
    erased_at = models.DateTimeField(
        null=True, blank=True, help_text="When its voter had all texts erased."
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(mode="blind") | Q(mode__in=["side_by_side", "direct"], is_check=False),
                name="battle_mode_known_and_checks_are_blind",
            ),
            models.CheckConstraint(
                condition=Q(is_check=True)
                | Q(mode="direct", contestant_a=F("contestant_b"))
                | (~Q(mode="direct") & ~Q(contestant_a=F("contestant_b"))),
                name="battle_of_two_contestants",
            ),
            models.CheckConstraint(
                condition=Q(state="failed", failure__in=["no_answer", "interrupted", "stopped"])
                | Q(state__in=["generating", "open", "voted"], failure=""),
                name="battle_failure_stated_if_failed",
            ),
            models.CheckConstraint(
                condition=Q(state="generating", finished_at__isnull=True)
                | Q(state__in=["open", "voted", "failed"], finished_at__isnull=False),
                name="battle_finished_at_if_finished",
            ),
            models.CheckConstraint(
                condition=Q(shown_at__isnull=True) | Q(shown_at__gte=F("finished_at")),
                name="battle_shown_after_it_finished",
            ),
        ]
        indexes = [
            models.Index(
                fields=["voter"], condition=Q(state="generating"), name="battle_running_of_voter"
            ),
            models.Index(
                fields=["voter", "shown_at"],
                condition=Q(state="open"),
                name="battle_open_of_voter",
            ),
            models.Index(fields=["voter", "-created_at", "-id"], name="battle_newest_of_voter"),
            models.Index(fields=["state"], condition=Q(by_program=True), name="battle_by_program"),
            # Battles come in order of time, so this one costs next to nothing to keep.
            BrinIndex(fields=["created_at"], autosummarize=True, name="battle_by_time"),
            models.Index(fields=["voter"], condition=Q(is_check=True), name="battle_gold_of_voter"),
        ]
        triggers = [
            pgtrigger.ReadOnly(name="battle_stays_a_check_or_not", fields=["is_check"]),
            pgtrigger.ReadOnly(name="battle_stays_in_its_mode", fields=["mode"]),
            pgtrigger.ReadOnly(name="battle_stays_a_programs_or_not", fields=["by_program"]),
            # Whoever takes the permission away need not know where the conversation is shown.
            pgtrigger.Trigger(
                name="withdrawn_is_gone",
                operation=pgtrigger.Update,
                when=pgtrigger.After,
                condition=pgtrigger.Q(old__may_publish=True, new__may_publish=False),
                func="""
                    DELETE FROM battles_conversation WHERE battle_id = NEW.id;
                    RETURN NULL;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"battle {self.id}"

    def get_absolute_url(self) -> str:
        return reverse("pages:battle", args=[self.id])

    @property
    def is_blind(self) -> bool:
        return self.mode == self.Mode.BLIND

    @property
    def is_revealed(self) -> bool:
        """Whether the voter may know the contestants: after the vote, or having chosen them."""
        return self.state == self.State.VOTED or not self.is_blind

    @property
    def sides(self) -> list[Side]:
        """The sides that answer."""
        return [Side.A] if self.mode == self.Mode.DIRECT else list(Side)

    @property
    def told_state(self) -> str:
        """The state as its voter may know it: open only once both answers are fully shown.

        When they were complete, beside how long they are, would tell whose side is whose.
        """
        if self.state == self.State.OPEN and self.shown_at and self.shown_at > timezone.now():
            return self.State.GENERATING
        return self.state


class Origin(models.Model):
    """From which network, and with which kind of browser, a battle was opened.

    Both go by names that mean nothing after two days: the same network has the same name on the
    same day only; see `arena.voters.network.pseudonyms`. They tell which voters may be one, and are
    removed after `ORIGIN_DAYS` days.
    """

    battle = models.OneToOneField(
        Battle, primary_key=True, on_delete=models.CASCADE, related_name="origin"
    )
    network = models.CharField(
        max_length=32, blank=True, help_text="Empty: the request had no address."
    )
    device = models.CharField(
        max_length=32,
        blank=True,
        db_default="",
        help_text="Empty: the request did not say what sent it.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(network="", device=""), name="origin_has_a_network_or_a_device"
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="origin_by_time"),
            models.Index(fields=["network"], condition=~Q(network=""), name="origin_by_network"),
        ]

    def __str__(self) -> str:
        return f"origin of {self.battle_id}"


class IdempotencyKey(models.Model):
    """The key of a request that opened a battle, or went on with it, by who sent it.

    Who sends the request again, since its reply was lost, gets the battle that it made. A newcomer
    has no voter's cookie before that reply, and is known by the browser's CSRF cookie instead, of
    which a digest is kept. Rows are removed after `arena.battles.idempotency.KEPT`.
    """

    LONGEST = 255

    voter = models.ForeignKey(Voter, on_delete=models.CASCADE, related_name="+")
    browser = models.CharField(max_length=64, blank=True)
    key = models.CharField(max_length=LONGEST)
    fingerprint = models.CharField(max_length=64, help_text="SHA-256 of what was asked, in hex.")
    battle = models.ForeignKey(Battle, on_delete=models.CASCADE, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["voter", "key"], name="one_request_per_key"),
            models.UniqueConstraint(
                fields=["browser", "key"],
                condition=~Q(browser=""),
                name="one_request_per_key_and_browser",
            ),
        ]
        indexes = [models.Index(fields=["created_at"], name="idempotency_key_by_time")]

    def __str__(self) -> str:
        return f"key of {self.battle_id}"


class Manner(models.Model):
    """What a contestant's answers wear, as `arena.text.mimicry.Manner`, learnt every day.

    The phrases are of answers to prompts in one language, and come in those to several voters.
    """

    contestant = models.OneToOneField(
        Contestant, primary_key=True, on_delete=models.CASCADE, related_name="manner"
    )
    language = models.CharField(max_length=8, help_text="Of the phrases: ISO 639 code, or und.")
    opening = models.CharField(max_length=LONGEST_PHRASE, blank=True)
    closing = models.CharField(max_length=LONGEST_PHRASE, blank=True)
    openings = ArrayField(models.CharField(max_length=LONGEST_PHRASE), default=list, blank=True)
    closings = ArrayField(models.CharField(max_length=LONGEST_PHRASE), default=list, blank=True)
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
    readers, see `arena.integrity.core.canaries`.
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


class Turn(models.Model):
    """One prompt of a battle; its two answers hang on it.

    A turn that was dropped stays on record, but is no part of the conversation: neither the models
    nor the vote know of it.
    """

    class Dropped(models.TextChoices):
        """Why a turn is no part of the conversation, in words that tell nothing of the models."""

        NO_ANSWER = (
            "no_answer",
            _("A model gave no usable answer to the further prompt, so it is left out."),
        )
        INTERRUPTED = (
            "interrupted",
            _("The answers to the further prompt were interrupted, so it is left out."),
        )
        STOPPED = (
            "stopped",
            _("You stopped the further prompt before anything was shown, so it is left out."),
        )
        NOT_RENEWED = (
            "not_renewed",
            _("There are no new answers, so the earlier ones stand."),
        )
        REPLACED = "replaced", _("Both models were asked to answer it anew.")

    battle = models.ForeignKey(Battle, on_delete=models.PROTECT, related_name="turns")
    number = models.PositiveSmallIntegerField(default=1)
    prompt = models.TextField()
    repeats = models.ForeignKey(
        "KnownPrompt",
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="repeated_by",
        help_text="Of what the prompt is a near copy. Empty: it is fresh.",
    )
    language = models.CharField(
        max_length=8, default="und", help_text="Of the prompt: ISO 639 code, or und."
    )
    topics = ArrayField(
        models.CharField(max_length=40),
        default=list,
        blank=True,
        help_text="Of the prompt, by the classifier of its day.",
    )
    dropped = models.CharField(
        max_length=11,
        choices=Dropped.choices,
        blank=True,
        help_text="Empty: it is part of the conversation.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    dropped__in=[
                        "",
                        "no_answer",
                        "interrupted",
                        "stopped",
                        "not_renewed",
                        "replaced",
                    ]
                ),
                name="turn_dropped_for_a_reason",
            ),
            models.UniqueConstraint(fields=["battle", "number"], name="turn_once"),
            models.CheckConstraint(condition=Q(number__gte=1), name="turn_counts_from_one"),
        ]
        indexes = [
            models.Index(
                fields=["repeats", "-id"],
                condition=Q(repeats__isnull=False),
                name="turn_newest_repeats",
            ),
        ]
        triggers = [
            # The boards that a vote was counted on must be those that it is taken back from.
            pgtrigger.ReadOnly(name="turn_is_final", fields=["language", "topics", "repeats"]),
            pgtrigger.Trigger(
                name="turns_stay_after_the_vote",
                operation=pgtrigger.Insert | pgtrigger.Update,
                when=pgtrigger.Before,
                func="""
                    IF (TG_OP = 'INSERT' OR NEW.dropped <> OLD.dropped) AND EXISTS (
                        SELECT 1 FROM battles_vote WHERE battle_id = NEW.battle_id
                    ) THEN
                        RAISE EXCEPTION 'battle % was voted on: its turns stay as they are',
                            NEW.battle_id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            # No session may lift this: a prompt can only vanish, and only from an erased battle.
            pgtrigger.Trigger(
                name="prompt_is_final",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition("OLD.prompt IS DISTINCT FROM NEW.prompt"),
                func="""
                    IF NEW.prompt <> '[erased]' OR NOT EXISTS (
                        SELECT 1 FROM battles_battle
                        WHERE id = NEW.battle_id AND erased_at IS NOT NULL
                    ) THEN
                        RAISE EXCEPTION 'the prompt of turn % is final', NEW.id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"turn {self.number} of {self.battle_id}"


class Image(models.Model):
    """The image of a prompt as it was checked and written anew; the storage of images has it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    turn = models.OneToOneField(Turn, on_delete=models.PROTECT, related_name="image")
    name = models.CharField(
        max_length=100, db_index=True, help_text="In the storage; told by its bytes and its voter."
    )
    width = models.PositiveSmallIntegerField()
    height = models.PositiveSmallIntegerField()
    alt = models.CharField(
        max_length=300, blank=True, help_text="What it shows, in its voter's words."
    )

    def __str__(self) -> str:
        return f"image of {self.turn}"

    def get_absolute_url(self) -> str:
        return reverse("pages:image", args=[self.pk])


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


class AnswerEnding(models.TextChoices):
    """How a complete answer ended, in words for its voter after the vote."""

    WHOLE = "whole", _("The model ended it.")
    CUT = "cut", _("It was cut off at its operator's limit of tokens.")
    BROKEN_OFF = "broken_off", _("The model's server broke it off.")


class Answer(models.Model):
    """What one side answered to one turn, and how it came about."""

    class State(models.TextChoices):
        PENDING = "pending", "waits for a worker"
        STREAMING = "streaming", "is being written"
        COMPLETE = "complete", "complete"
        FAILED = "failed", "failed"

    class Changed(models.TextChoices):
        """What was done to it on purpose, of a gold question; nothing, if empty."""

        DAMAGED = "damaged", "words of its sentences stand in another order"
        DECOY = "decoy", "it wears the manner of another model"
        MARKED = "marked", "the same, in nothing but marks that no reader sees"
        UNCLEAR = "unclear", "stopped where only a part of a change was shown"

    turn = models.ForeignKey(Turn, on_delete=models.PROTECT, related_name="answers")
    side = models.CharField(max_length=1, choices=Side.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    text = models.TextField(blank=True)
    endpoint = models.ForeignKey(
        Endpoint, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    attempt = models.PositiveSmallIntegerField(default=0)
    queued_at = models.DateTimeField(help_text="When a worker was last asked to write it.")
    lease_until = models.DateTimeField(
        null=True, blank=True, help_text="The worker is taken for dead after this."
    )
    error = models.CharField(max_length=40, blank=True, help_text="Kind of failure.")
    error_detail = models.TextField(blank=True)
    finish_reason = models.CharField(max_length=40, blank=True)
    ending = models.CharField(
        max_length=10,
        choices=AnswerEnding.choices,
        blank=True,
        db_default="",
        help_text="Empty: it is not complete, was stopped, or is older than this field.",
    )
    changed = models.CharField(max_length=7, choices=Changed.choices, blank=True, db_default="")
    removed = models.JSONField(
        default=dict, blank=True, help_text="Characters that redaction took out, by kind."
    )
    first_token_seconds = models.FloatField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(null=True, blank=True)
    completion_tokens = models.PositiveIntegerField(null=True, blank=True)
    # How the text looks, by arena.text.style: measured once, when it is complete.
    style_tokens = models.PositiveIntegerField(default=0)
    style_headers = models.PositiveIntegerField(default=0)
    style_lists = models.PositiveIntegerField(default=0)
    style_bold = models.PositiveIntegerField(default=0)

    class Meta:
        ordering = ["turn", "side"]
        constraints = [
            models.UniqueConstraint(fields=["turn", "side"], name="answer_once_per_side"),
            models.CheckConstraint(condition=Q(side__in=["a", "b"]), name="answer_side_known"),
            models.CheckConstraint(
                condition=Q(state="streaming", lease_until__isnull=False)
                | Q(state__in=["pending", "complete", "failed"], lease_until__isnull=True),
                name="answer_leased_while_streaming",
            ),
            models.CheckConstraint(
                condition=~Q(state="complete", text=""), name="answer_not_empty_if_complete"
            ),
            models.CheckConstraint(
                condition=Q(ending="")
                | Q(ending__in=["whole", "cut", "broken_off"], state="complete"),
                name="answer_ending_known_if_complete",
            ),
            models.CheckConstraint(
                condition=Q(changed__in=["", "damaged", "decoy", "marked", "unclear"]),
                name="answer_change_known",
            ),
        ]
        indexes = [
            models.Index(
                fields=["state"],
                condition=Q(state__in=["pending", "streaming"]),
                name="answer_unfinished",
            ),
        ]
        triggers = [
            # Votes were counted, or not, by it.
            pgtrigger.Trigger(
                name="ending_is_final",
                operation=pgtrigger.Update,
                when=pgtrigger.Before,
                condition=pgtrigger.Condition(
                    "OLD.state = 'complete' AND OLD.ending IS DISTINCT FROM NEW.ending"
                ),
                func="""
                    RAISE EXCEPTION 'how answer % ended is final', NEW.id
                        USING ERRCODE = 'check_violation';
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"answer {self.side} of {self.turn}"


class Vote(models.Model):
    """The outcome of one battle: one per battle, final."""

    battle = models.OneToOneField(Battle, on_delete=models.PROTECT, related_name="vote")
    voter = models.ForeignKey(Voter, on_delete=models.PROTECT, related_name="votes")
    outcome = models.CharField(max_length=8, choices=Outcome.choices)
    turns = models.PositiveSmallIntegerField(
        db_default=1,
        editable=False,
        help_text="How many turns the conversation had, as the database counts them.",
    )
    cast_at = models.DateTimeField()

    class Meta:
        ordering = ["-cast_at"]
        constraints = [
            models.CheckConstraint(
                condition=Q(outcome__in=["a", "b", "tie", "both_bad"]), name="vote_outcome_known"
            ),
            models.CheckConstraint(condition=Q(turns__gte=1), name="vote_on_a_turn"),
        ]
        indexes = [models.Index(fields=["cast_at"], name="vote_by_time")]
        triggers = [
            pgtrigger.Protect(name="vote_is_final", operation=pgtrigger.Update | pgtrigger.Delete),
            pgtrigger.Trigger(
                name="vote_on_own_open_battle",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                func="""
                    IF NOT EXISTS (
                        SELECT 1 FROM battles_battle
                        WHERE id = NEW.battle_id AND voter_id = NEW.voter_id AND state = 'open'
                            AND mode <> 'direct'
                    ) THEN
                        RAISE EXCEPTION 'battle % is not open to a vote of voter %',
                            NEW.battle_id, NEW.voter_id USING ERRCODE = 'check_violation';
                    END IF;
                    SELECT count(*) INTO NEW.turns FROM battles_turn
                    WHERE battle_id = NEW.battle_id AND dropped = '';
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} in {self.battle_id}"


class Conversation(models.Model):
    """A battle that everybody may read: the database takes it away once its voter withdraws it."""

    battle = models.OneToOneField(Battle, on_delete=models.PROTECT, related_name="conversation")
    published_at = models.DateTimeField(auto_now_add=True)
    hidden_at = models.DateTimeField(
        null=True, blank=True, help_text="When a moderator has hidden it. Empty: it is shown."
    )
    language = models.CharField(max_length=8, help_text="Of the first prompt.")
    topics = ArrayField(models.CharField(max_length=40), help_text="Of all prompts.")
    contestants = ArrayField(models.BigIntegerField(), size=2)
    words = SearchVectorField(help_text="Of its texts, as it is searched.")

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["language", "-id"], name="conversation_by_language"),
            GinIndex(fields=["topics"], name="conversation_by_topic"),
            GinIndex(fields=["contestants"], name="conversation_by_contestant"),
            GinIndex(fields=["words"], name="conversation_words"),
        ]

    def __str__(self) -> str:
        return f"conversation of {self.battle_id}"

    def get_absolute_url(self) -> str:
        return reverse("pages:conversation", args=[self.battle_id])

    @property
    def excerpt(self) -> str:
        """The beginning of the first prompt, on one line, without what looks personal."""
        return Truncator(" ".join(scrub(self.battle.turns.all()[0].prompt).split())).chars(200)


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


class IdentityLeak(models.Model):
    """What told the contestants of a battle apart before its vote. The voter sees it afterwards."""

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


class Attention(models.Model):
    """How a vote came about: what the voter's page reported, and what the server saw itself.

    What was reported is a visitor's own word. It never decides anything alone, and a vote
    without it counts as well. Times are milliseconds.
    """

    class Input(models.TextChoices):
        KEY = "key", "a key"
        BUTTON = "button", "a button"

    LONGEST_MS = 86_400_000  # what a page may report: a day

    vote = models.OneToOneField(
        Vote, primary_key=True, on_delete=models.PROTECT, related_name="attention"
    )
    input = models.CharField(max_length=6, choices=Input.choices, blank=True)
    visible_a_ms = models.PositiveIntegerField(
        null=True, help_text="How long answer A was in view, in a tab that was visible."
    )
    visible_b_ms = models.PositiveIntegerField(null=True, help_text="The same of answer B.")
    end_seen_a = models.BooleanField(
        null=True, help_text="Whether the end of answer A was in view once it was complete."
    )
    end_seen_b = models.BooleanField(null=True, help_text="The same of answer B.")
    hidden_ms = models.PositiveIntegerField(null=True, help_text="How long the tab was hidden.")
    decided_ms = models.PositiveIntegerField(
        null=True, help_text="From both answers being complete on the page to the vote."
    )
    server_battle_ms = models.PositiveBigIntegerField(
        help_text="From the opening of the battle to the vote, as the server saw it."
    )
    server_decided_ms = models.PositiveBigIntegerField(
        help_text="From both answers being fully shown to the vote, as the server saw it."
    )

    class Meta:
        verbose_name_plural = "attention"
        constraints = [
            models.CheckConstraint(
                condition=Q(input__in=["", "key", "button"]), name="attention_input_known"
            ),
            models.CheckConstraint(
                condition=Q(visible_a_ms__lte=86_400_000)
                & Q(visible_b_ms__lte=86_400_000)
                & Q(hidden_ms__lte=86_400_000)
                & Q(decided_ms__lte=86_400_000),
                name="attention_within_a_day",
            ),
            models.CheckConstraint(
                condition=Q(
                    input="",
                    visible_a_ms__isnull=True,
                    visible_b_ms__isnull=True,
                    end_seen_a__isnull=True,
                    end_seen_b__isnull=True,
                    hidden_ms__isnull=True,
                    decided_ms__isnull=True,
                )
                | Q(
                    input__in=["key", "button"],
                    visible_a_ms__isnull=False,
                    visible_b_ms__isnull=False,
                    end_seen_a__isnull=False,
                    end_seen_b__isnull=False,
                    hidden_ms__isnull=False,
                    decided_ms__isnull=False,
                ),
                name="attention_whole_or_not_reported",
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="attention_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return f"attention of {self.vote}"


class VoteStanding(models.Model):
    """Whether a vote counts, from when, and by whose word. The newest one is in force."""

    class Standing(models.TextChoices):
        COUNTED = "counted", "counted"
        HELD = "held", "held"
        EXCLUDED = "excluded", "excluded"

    class Code(models.TextChoices):
        """Why a vote does not count, in words for its voter."""

        IDENTITY_PROBE = (
            "identity_probe",
            _("The prompt asks the models who they are, so the battle was not blind."),
        )
        IDENTITY_LEAK = (
            "identity_leak",
            _("An answer says which model or company wrote it, so the battle was not blind."),
        )
        CHECK = (
            "check",
            _(
                "This was a check battle: both answers came from the same model, and one of them"
                " may have been changed on purpose. It counts for no model."
            ),
        )
        PROGRAM = (
            "program",
            _("The battle was opened by a program, with a key of the API. It counts on no board."),
        )
        NOT_BLIND = (
            "not_blind",
            _("You chose the models and knew their names, so the vote counts on no leaderboard."),
        )
        NAMED_BEFORE = (
            "named_before",
            _(
                "Before this vote its prompt, or a near copy, was put to a model by name: by you,"
                " from your network, or by somebody else while hardly anybody asks it. Who knows"
                " that answer may recognise the model, so the vote counts on no leaderboard."
            ),
        )
        BROKEN_OFF = (
            "broken_off",
            _(
                "A model's server broke an answer off before it was complete, so the vote says"
                " nothing of the models."
            ),
        )
        REVIEW = (
            "review",
            _("Your votes as a whole look unusual. A moderator looks at them before they count."),
        )
        NEWCOMERS = (
            "newcomers",
            _(
                "Many new visitors voted about this model in a way that no honest crowd would, and"
                " this vote is among theirs. That is no judgement of you: a moderator looks at all"
                " of them together. If you go on voting, yours is released once 15 votes show that"
                " you vote as others do."
            ),
        )
        MODERATED = (
            "moderated",
            _(
                "A moderator looked at your votes and excluded this one. The page of your votes"
                " says why, and how to appeal."
            ),
        )

    vote = models.ForeignKey(Vote, on_delete=models.PROTECT, related_name="standings")
    standing = models.CharField(max_length=8, choices=Standing.choices)
    code = models.CharField(max_length=20, choices=Code.choices, blank=True)
    reason = models.TextField()
    author = models.ForeignKey(
        Member,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
        help_text="Empty: the arena itself, by rule.",
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["vote"], condition=Q(code="newcomers"), name="standing_newcomers")
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(standing__in=["counted", "held", "excluded"]), name="standing_known"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="standing_has_reason"),
            models.CheckConstraint(
                condition=Q(code="") | ~Q(standing="counted"), name="standing_counted_needs_no_code"
            ),
        ]
        triggers = [
            pgtrigger.Protect(
                name="standing_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
            pgtrigger.Trigger(
                name="check_never_counts",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__standing="counted"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM battles_vote AS vote
                        JOIN battles_battle AS battle ON battle.id = vote.battle_id
                        WHERE vote.id = NEW.vote_id AND battle.is_check
                    ) THEN
                        RAISE EXCEPTION 'vote % is of a check battle and never counts', NEW.vote_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="only_blind_counts",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__standing="counted"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM battles_vote AS vote
                        JOIN battles_battle AS battle ON battle.id = vote.battle_id
                        WHERE vote.id = NEW.vote_id AND battle.mode <> 'blind'
                    ) THEN
                        RAISE EXCEPTION 'vote % was not blind and never counts', NEW.vote_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="program_never_counts",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__standing="counted"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM battles_vote AS vote
                        JOIN battles_battle AS battle ON battle.id = vote.battle_id
                        WHERE vote.id = NEW.vote_id AND battle.by_program
                    ) THEN
                        RAISE EXCEPTION 'vote % is a program''s and never counts', NEW.vote_id
                            USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
            pgtrigger.Trigger(
                name="broken_off_never_counts",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__standing="counted"),
                func="""
                    IF EXISTS (
                        SELECT 1 FROM battles_vote AS vote
                        JOIN battles_turn AS turn ON turn.battle_id = vote.battle_id
                        JOIN battles_answer AS answer ON answer.turn_id = turn.id
                        WHERE vote.id = NEW.vote_id AND turn.dropped = ''
                            AND answer.ending = 'broken_off'
                    ) THEN
                        RAISE EXCEPTION 'vote % is on a broken answer and never counts',
                            NEW.vote_id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,
            ),
        ]

    def __str__(self) -> str:
        return f"vote {self.vote_id} {self.standing}"


class VoteWeight(models.Model):
    """How much a vote counts if it does, and what bounds it. The newest one is in force.

    A vote without any counts fully. See `arena.integrity.core.influence`.
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

    def told(self) -> str:
        """Why the vote does not count fully, in words for its voter; empty if it does."""
        if not self.group:
            return ""
        told = (
            _("Your vote counts %(share)s instead of 1: %(why)s")
            if self.tenths
            else _("Your vote weighs 0: %(why)s")
        )
        return told % {"share": f"{self.share:.1f}", "why": self.why()}

    def why(self) -> str:
        """What bounds the weight, in words for the vote's voter."""
        is_own = self.group == self.Group.VOTER
        group = _("your own votes") if is_own else self.get_group_display()
        return _("%(group)s moved a model further than chance explains.") % {"group": group}


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
