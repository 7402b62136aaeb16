"""Riggers, their cases, and decisions about them."""

from dataclasses import dataclass
from typing import Any

from arena.contestants.models import Contestant
from arena.integrity.models import Signal
from arena.integrity.weighing import weigh_and_hold
from arena.leaderboards.fitting import refit
from arena.leaderboards.models import Board, Outcome
from arena.moderation.cases.opening import open_case
from arena.moderation.cases.review import claim_case
from arena.moderation.decisions.apply import apply_decision
from arena.moderation.decisions.deciding import decide
from arena.moderation.decisions.voter_view import standing_counts
from arena.moderation.models import Case, Decision
from arena.voters.models import Member, Voter
from tests.integrity.conftest import cast_one


def claimed(case: Case, member: Member) -> int:
    """Claim a case for a member, and return its number."""
    return claim_case(case.pk, member).pk


def figures() -> list[dict[str, Any]]:
    """The rows of the overall board, after a new fit."""
    rows: list[dict[str, Any]] = refit(Board.objects.get(slug="overall")).rows
    return rows


def rig(pool: list[Contestant], voter: Voter, votes: int = 16) -> Case:
    """Vote for the fourth of the pool every time: the votes are held and have a case."""
    favour(pool, voter, votes)
    return suspect(voter)


def favour(pool: list[Contestant], voter: Voter, votes: int) -> None:
    for number in range(votes):
        other = [*pool[:3], pool[4]][number % 4]
        a, b = (pool[3], other) if number % 2 else (other, pool[3])
        cast_one(voter, a, b, Outcome.A if a == pool[3] else Outcome.B)


def suspect(voter: Voter) -> Case:
    weigh_and_hold(voter.pk)
    return open_case(Signal.objects.filter(voters=voter).latest("pk").pk)


@dataclass(frozen=True, slots=True)
class Rigged:
    """A rigger of 16 votes with an open case, and the figures without and with these votes."""

    pool: list[Contestant]
    voter: Voter
    case_id: int
    without: list[dict[str, Any]]
    figures: list[dict[str, Any]]


def standings(voter: Voter) -> dict[str, int]:
    counts = standing_counts(voter.pk)
    return {standing: votes for standing, votes in counts.items() if votes}


def decided(case: Case, kind: Decision.Kind, author: Any, **values: Any) -> Decision:
    decision = decide(claimed(case, author), kind, author, reason="A pattern.", **values)
    apply_decision(decision.pk)
    return decision


def state(case: Case) -> str:
    return Case.objects.get(pk=case.pk).state
