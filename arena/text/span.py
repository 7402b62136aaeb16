"""Where a change stands in an answer."""

from typing import NamedTuple


class Span(NamedTuple):
    """From `start` to `end` (exclusive), in characters of the changed answer."""

    start: int
    end: int
