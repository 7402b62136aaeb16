"""What a decision would do, before it is taken."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.conf import settings

from arena.battles.models import VoteStanding
from arena.moderation.decisions.impact import max_rating_impact
from arena.moderation.decisions.scope import NOW, affected_votes, within
from arena.moderation.evidence.board_effect import BoardEffect, effect_of_standing
from arena.moderation.evidence.votes import CaseVote, votes_of
from arena.moderation.models import Case, Decision


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would do: how many votes change, from and to what, and the overall board."""

    case: Case
    votes: list[CaseVote]
    standing: str
    effect: BoardEffect | None

    @property
    def influence(self) -> float:
        return self.effect.max_top_shift if self.effect else 0.0


def preview(case: Case, kind: str, scope: dict[str, Any]) -> Preview:
    """What such a decision would do, without doing it."""
    votes = affected_votes(kind, within(votes_of(case), scope))
    standing = NOW.get(Decision.Kind(kind), "")
    return Preview(case, votes, standing, effect_of_standing(votes, standing))


@dataclass(frozen=True, slots=True)
class BatchPreview:
    """What one decision in several cases does in sum, and the points that hang on it.

    `moves` has how many votes go from which standing to which.
    """

    moves: list[tuple[int, str, str]]
    effect: BoardEffect | None
    at_stake: float

    @property
    def needs_second(self) -> bool:
        """Whether a second moderator has to agree."""
        return self.at_stake > settings.ARENA.second_moderator_points


def batch_preview(previews: Iterable[Preview], kind: str) -> BatchPreview:
    """The sum of what was previewed; a vote in several of the cases is one."""
    each = {(vote.voter_id, vote.pk): vote for found in previews for vote in found.votes}
    votes = list(each.values())
    after = NOW.get(Decision.Kind(kind), "")
    before = Counter(vote.standing for vote in votes)
    moves = [
        (before[now], str(now.label), label_of(after))
        for now in VoteStanding.Standing
        if before[now]
    ]
    return BatchPreview(moves, effect_of_standing(votes, after), max_rating_impact(kind, votes))


def label_of(standing: str) -> str:
    return str(VoteStanding.Standing(standing).label) if standing else ""


def at_stake(cases: Iterable[Case], kind: str, scope: dict[str, Any]) -> float:
    """The points that hang on one decision in all of these cases together."""
    real = [case for case in cases if case.simulation_id is None]
    each = {vote.pk: vote for case in real for vote in within(votes_of(case), scope)}
    return max_rating_impact(kind, affected_votes(kind, each.values()))
