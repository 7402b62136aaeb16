"""What a decision would do."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from arena.battles.models import VoteStanding
from arena.moderation.decisions.impact import max_rating_impact, needs_second
from arena.moderation.decisions.kinds import RULES
from arena.moderation.decisions.scope import affected_votes, in_scope
from arena.moderation.evidence.board_effect import BoardEffect, effect_of_standing
from arena.moderation.evidence.votes import CaseVote, votes_of
from arena.moderation.models import Case, Decision
from arena.voters.models import Member


@dataclass(frozen=True, slots=True)
class Preview:
    """What a decision would do in one case: the votes that change, and the overall board.

    `effect` is None if the board does not change.
    """

    case: Case
    votes: list[CaseVote]
    effect: BoardEffect | None

    @property
    def influence(self) -> float:
        return self.effect.max_top_shift if self.effect else 0.0


def preview(case: Case, kind: Decision.Kind, scope: dict[str, Any]) -> Preview:
    """What such a decision would do in a case."""
    votes = affected_votes(kind, in_scope(votes_of(case), scope))
    return Preview(case, votes, effect_of_standing(votes, RULES[kind].to_standing or ""))


@dataclass(frozen=True, slots=True)
class BatchPreview:
    """What the same decision would do in several cases together.

    `moves` has how many votes go from which standing to which; `impact` is of `max_rating_impact`.
    """

    moves: list[tuple[int, str, str]]
    effect: BoardEffect | None
    impact: float

    @property
    def needs_second(self) -> bool:
        return needs_second(self.impact)


def batch_preview(previews: Iterable[Preview], kind: Decision.Kind, author: Member) -> BatchPreview:
    """The sum of some previews; a vote in several of the cases counts once."""
    each = {(vote.voter_id, vote.pk): vote for found in previews for vote in found.votes}
    votes, after = list(each.values()), RULES[kind].to_standing
    before = Counter(vote.standing for vote in votes)
    moves = [
        (before[standing], str(standing.label), str(after.label) if after else "")
        for standing in VoteStanding.Standing
        if before[standing]
    ]
    effect = effect_of_standing(votes, after or "")
    return BatchPreview(moves, effect, max_rating_impact(kind, votes, author))
