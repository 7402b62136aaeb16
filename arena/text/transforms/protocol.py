"""Changes to an answer while it is being written, for gold questions."""

from typing import NamedTuple, Protocol


class Span(NamedTuple):
    """Characters of a text, from `start` up to and without `end`."""

    start: int
    end: int


class TextTransform(Protocol):
    """Returns a text changed, piece by piece; the result does not depend on how it is cut.

    `changes` counts the changes made, and `visible_changes` those of them that readers see.
    `visible_span` is where the first of these stands in the text returned so far, and
    `invisible_span` where the first one stands that readers do not see.
    """

    changes: int
    visible_changes: int
    visible_span: Span | None
    invisible_span: Span | None

    def feed(self, text: str) -> str:
        """The part of the changed text that is certain once this piece has come."""

    def end(self) -> str:
        """The rest of the changed text."""
