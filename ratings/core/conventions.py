"""Everything that two people must agree on to get the same rating from the same votes."""

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Conventions:
    """How a board is fitted; published with every snapshot."""

    scale: float = 400.0
    """Points for a factor `base` in the odds."""
    base: float = 10.0
    centre: float = 1000.0
    """The mean rating of all models."""
    ties: str = "half"
    """A tie counts as half a win for each side."""
    both_bad: str = "half"
    """So does a vote that both answers are bad."""
    confidence: float = 0.95
    hessian_ridge: float = 1e-5
    """Added to the diagonal of the Hessian, per vote, before it is inverted (as arena-rank)."""
    prior_votes: float = 0.5
    """Where votes alone leave a rating infinite, each model ties this often with an average one."""

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)
