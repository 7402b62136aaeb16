"""The weights of the votes of a case."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _

from arena.battles.models import VoteWeight
from arena.moderation.evidence.votes import CaseVote


@dataclass(frozen=True, slots=True)
class Share:
    """Votes with the same bound, their number and the sum of their weights."""

    bounded_by: str
    votes: int
    total: float


@dataclass(frozen=True, slots=True)
class Weights:
    """The weights of a case's votes by what bounds them, the most votes first."""

    shares: list[Share]

    @classmethod
    def of(cls, votes: Iterable[CaseVote]) -> Self:
        """Sum the weights of the votes that count."""
        tenths: dict[str, list[int]] = defaultdict(list)
        for vote in votes:
            if vote.is_weighed:
                tenths[vote.bounded_by].append(vote.tenths)
        shares = [
            Share(why or _("nothing: they count fully"), len(own), sum(own) / VoteWeight.FULL)
            for why, own in tenths.items()
        ]
        return cls(sorted(shares, key=lambda share: -share.votes))

    @property
    def votes(self) -> int:
        return sum(share.votes for share in self.shares)

    @property
    def total(self) -> float:
        return sum(share.total for share in self.shares)

    @property
    def is_less(self) -> bool:
        """Whether a vote weighs less than 1."""
        return self.total < self.votes
