"""The boards there are. A board stays on the record once it has been published."""

from dataclasses import dataclass

OVERALL = "overall"


@dataclass(frozen=True, slots=True)
class BoardSpec:
    """A board as the chooser shows it."""

    slug: str
    name: str
    description: str


BOARDS = (BoardSpec(OVERALL, "Overall", "Every battle that counts."),)
