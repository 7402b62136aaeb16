"""How much the votes of a case count, in plain words."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Self

from django.utils.translation import gettext as _

from arena.battles.models import VoteWeight
from arena.moderation.evidence.votes import CaseVote


@dataclass(frozen=True, slots=True)
class Share:
    """Votes that count, what they count together, and what bounds them, if anything does."""

    bounded_by: str
    votes: int
    total: float


@dataclass(frozen=True, slots=True)
class Weights:
    """The votes of a case that count, by what bounds them: the most votes first."""

    shares: list[Share]

    @classmethod
    def of(cls, votes: Iterable[CaseVote]) -> Self:
        """Of all votes of a case. Those that do not count are not weighed."""
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
        """Whether some vote counts less than fully."""
        return self.total < self.votes
