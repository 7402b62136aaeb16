"""What voters see of the decisions about them."""

import uuid
from dataclasses import dataclass

from django.db.models import Count, Q

from arena.battles.models import Battle, Vote, VoteStanding
from arena.moderation.evidence.votes import EXCLUDED, HELD, votes_of
from arena.moderation.models import Appeal, Case, DecidedVote, Decision
from arena.voters.models import Voter
from arena.voters.people import of_person


@dataclass(frozen=True, slots=True)
class Ruling:
    """A decision as the voter sees it."""

    decision: Decision
    votes: int
    appeal: Appeal | None

    @property
    def may_appeal(self) -> bool:
        return self.appeal is None

    @property
    def answer(self) -> Decision | None:
        """The answer to the appeal, once it is in force."""
        answer = self.appeal and self.appeal.answer
        return answer if answer and answer.is_agreed else None


def rulings_for(voter_id: uuid.UUID) -> list[Ruling]:
    """The decisions in force against this voter, or guests merged into them: that exclude votes,
    suspend, or hide a conversation."""
    own = of_person(voter_id, "vote__voter")
    excluded = (
        DecidedVote.objects.filter(own, after__standing=EXCLUDED)
        .values("decision")
        .annotate(n=Count("pk"))
        .values_list("decision", "n")
    )
    numbers = dict(excluded)
    decisions = (
        Decision.objects.filter(
            Q(pk__in=numbers)
            | Q(kind=Decision.Kind.HIDE, case__battle__in=Battle.objects.of_person(voter_id))
            | Q(
                kind=Decision.Kind.SUSPEND,
                case__in=Case.voters.through.objects.filter(of_person(voter_id)).values("case"),
            )
        )
        .select_related("case__battle", "approval")
        .prefetch_related("undoings__approval")
        .order_by("-pk")
    )
    appeals = {
        appeal.case_id: appeal
        for appeal in Appeal.objects.filter(of_person(voter_id)).prefetch_related(
            "answers__approval", "answers__undoings__approval"
        )
    }
    return [
        Ruling(decision, numbers.get(decision.pk, 0), appeals.get(decision.case_id))
        for decision in decisions
        if decision.in_force
    ]


def standing_counts(voter_id: uuid.UUID) -> dict[str, int]:
    """How many votes of a voter, and of guests merged into them, count, are held, are excluded."""
    found = dict(
        Vote.objects.of_person(voter_id)
        .with_standing()
        .order_by()
        .values_list("standing")
        .annotate(Count("pk"))
    )
    return {standing: found.get(standing, 0) for standing in VoteStanding.Standing.values}


def standings_of(voter: Voter) -> dict[str, int]:
    """The same for moderators, who do not know whether the voter is simulated."""
    case = voter.cases.exclude(simulation=None).first()
    if case is None:
        return standing_counts(voter.pk)
    return {**dict.fromkeys(VoteStanding.Standing.values, 0), HELD: len(votes_of(case))}
