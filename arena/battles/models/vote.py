"""Votes, whether they count, and how much."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from arena.battles.models.battle import Battle
from arena.leaderboards.models import Outcome
from arena.voters.models import Member, Voter


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

    A vote without any counts fully. See `arena.integrity.statistics.weights.influence`.
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
