"""Votes, and whether they count."""

import uuid
from typing import Any, Self, TypedDict, cast

import pgtrigger
from django.db import models
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.utils.translation import gettext_lazy as _
from django_stubs_ext import WithAnnotations

from arena.battles.models.battle import Battle
from arena.battles.models.querysets import kept_sql, rankable_sql
from arena.leaderboards.models import Outcome
from arena.voters.models import Member, Voter
from arena.voters.people import of_person


def newest_standing(vote: str = "pk") -> QuerySet["VoteStanding"]:
    """For a subquery: the standing that is in force of the vote that this lookup leads to."""
    return VoteStanding.objects.filter(vote=OuterRef(vote)).order_by("-pk")


def newest_standing_sql(vote: str = "vote.id", columns: str = "standing") -> str:
    """A query in SQL for the standing in force of one vote, to be put in parentheses."""
    return (
        f"SELECT {columns} FROM battles_votestanding"  # noqa: S608 - names of our own
        f" WHERE vote_id = {vote} ORDER BY id DESC LIMIT 1"
    )


class HasStanding(TypedDict):
    standing: str


class VoteQuerySet(QuerySet["Vote"]):
    def of_person(self, voter_id: uuid.UUID) -> Self:
        """Those of a voter and of the guests merged into it."""
        return self.filter(of_person(voter_id))

    def with_standing(self) -> "QuerySet[WithAnnotations[Vote, HasStanding]]":
        """With the standing in force as `standing`."""
        # Typed by hand: the plugin of mypy gives the annotations a type without a name.
        found: Any = self.annotate(standing=Subquery(newest_standing().values("standing")[:1]))
        return cast("QuerySet[WithAnnotations[Vote, HasStanding]]", found)

    def counted(self) -> Self:
        """Those that count now."""
        standing = Subquery(newest_standing().values("standing")[:1])
        return self.alias(standing=standing).filter(standing=VoteStanding.Standing.COUNTED)


class VoteStandingQuerySet(QuerySet["VoteStanding"]):
    def newest(self) -> Self:
        """Of each vote the standing that is in force.

        It reads the votes' standings at once, which for many votes is faster than `with_standing`.
        """
        return self.order_by("vote_id", "-pk").distinct("vote_id")

    def in_force(self) -> Self:
        """Those after which the vote got no other."""
        return self.filter(pk=Subquery(newest_standing("vote").values("pk")[:1]))


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

    objects = VoteQuerySet.as_manager()

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
                func=f"""
                    IF NOT EXISTS (
                        SELECT 1 FROM battles_battle
                        WHERE id = NEW.battle_id AND voter_id = NEW.voter_id AND state = 'open'
                            AND mode <> 'direct'
                    ) THEN
                        RAISE EXCEPTION 'battle % is not open to a vote of voter %',
                            NEW.battle_id, NEW.voter_id USING ERRCODE = 'check_violation';
                    END IF;
                    SELECT count(*) INTO NEW.turns FROM battles_turn AS turn
                    WHERE battle_id = NEW.battle_id AND {kept_sql("turn")};
                    RETURN NEW;
                """,  # noqa: S608 - a condition of our own
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome} in {self.battle_id}"


class VoteStanding(models.Model):
    """Whether a vote counts, from when, and who decided so. The newest one is in force."""

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
        GOLD = (
            "gold",
            _(
                "This was a gold question: both answers came from the same model, and one of them"
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

    vote = models.ForeignKey(
        Vote,
        on_delete=models.PROTECT,
        related_name="standings",
        db_index=False,  # standing_by_vote serves it
    )
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

    objects = VoteStandingQuerySet.as_manager()

    class Meta:
        ordering = ["-id"]
        indexes = [
            # The newest standing of a vote by one step, whatever the statistics say.
            models.Index(fields=["vote", "-id"], name="standing_by_vote"),
            models.Index(fields=["vote"], condition=Q(code="newcomers"), name="standing_newcomers"),
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
                name="vote_may_count",
                operation=pgtrigger.Insert,
                when=pgtrigger.Before,
                condition=pgtrigger.Q(new__standing="counted"),
                func=f"""
                    IF NOT EXISTS (
                        SELECT 1 FROM battles_vote AS vote
                        JOIN battles_battle AS battle ON battle.id = vote.battle_id
                        WHERE vote.id = NEW.vote_id AND {rankable_sql("battle")}
                    ) THEN
                        RAISE EXCEPTION 'vote % is in no rankable battle and never counts',
                            NEW.vote_id USING ERRCODE = 'check_violation';
                    END IF;
                    IF EXISTS (
                        SELECT 1 FROM battles_vote AS vote
                        JOIN battles_turn AS turn ON turn.battle_id = vote.battle_id
                        JOIN battles_answer AS answer ON answer.turn_id = turn.id
                        WHERE vote.id = NEW.vote_id AND {kept_sql("turn")}
                            AND answer.ending = 'broken_off'
                    ) THEN
                        RAISE EXCEPTION 'vote % is on a broken answer and never counts',
                            NEW.vote_id USING ERRCODE = 'check_violation';
                    END IF;
                    RETURN NEW;
                """,  # noqa: S608 - conditions of our own
            ),
        ]

    def __str__(self) -> str:
        return f"vote {self.vote_id} {self.standing}"
