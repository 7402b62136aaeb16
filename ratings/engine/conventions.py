"""Everything that two people must agree on to get the same rating from the same votes."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any, Self

BEFORE = {"prior": "votes", "overtakers": "second"}
"""What held in snapshots that do not name it: those of before December 2026."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a board is fitted; published with every snapshot."""

    scale: float = 400.0
    """Points for a factor `base` in the odds."""
    base: float = 10.0
    centre: float = 1000.0
    """The mean rating of all models that votes alone rate, or the rating of `anchor`."""
    anchor: str | None = None
    """The model whose rating is fixed at `centre`. It sets the level only; intervals keep the
    meaning they have on the centred scale."""
    ties: str = "half"
    """A tie counts as half a win for each side."""
    both_bad: str = "half"
    """So does a vote that both answers are bad."""
    confidence: float = 0.95
    hessian_ridge: float = 0.0
    """Added to the diagonal of the Hessian, per vote, before it is inverted. arena-rank adds 1e-5
    (see `ARENA_RANK`), which makes the interval of a newcomer with few votes on a board with many
    far too narrow."""
    prior: str = "spread"
    """What holds the rating of a preliminary model: "spread", as many ties with an average one as
    its board's spread of ratings is worth; "votes", `prior_votes` of them, and then only where
    votes alone leave a rating infinite, as before."""
    prior_spread: float = 350.0
    """Standard deviation of the ratings, in points, where a board tells little of it."""
    preliminary_votes: int = 30
    """A model with fewer votes is preliminary."""
    prior_votes: float = 0.5

    overtakers: str = "all"
    """Which models fragility lets pass the first one: "all", or the "second" alone, as before."""

    def __post_init__(self) -> None:
        if self.scale <= 0 or self.base <= 1:
            raise ValueError("A scale is positive, and its base is above 1.")
        if not 0 < self.confidence < 1:
            raise ValueError("A confidence lies between 0 and 1.")
        if self.hessian_ridge < 0 or self.prior_votes <= 0:
            raise ValueError("The ridge is not negative, and the prior votes are above 0.")
        if self.prior not in {"spread", "votes"}:
            raise ValueError("The prior is that of the spread or of votes.")
        if self.overtakers not in {"all", "second"}:
            raise ValueError("All models may overtake, or the second one.")
        if self.prior_spread <= 0 or self.preliminary_votes < 1:
            raise ValueError("The prior's spread is above 0, and so are the preliminary votes.")
        if (self.ties, self.both_bad) != ("half", "half"):
            raise ValueError("Ties and both-bad votes count half; see `ties` for a model of ties.")

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """The inverse of `as_dict`; what older snapshots do not name is as it was then.

        Raises:
            ValueError: a convention that this version does not know, or a bad value.
        """
        unknown = set(values) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"Unknown conventions: {', '.join(sorted(unknown))}")
        return cls(**BEFORE | dict(values))


ARENA_RANK = Conventions(hessian_ridge=1e-5, prior="votes")
"""The conventions of arena-rank 0.1.1, which rates LMArena's boards."""
