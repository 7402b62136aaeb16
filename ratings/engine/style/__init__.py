"""Ratings with the style of the answers held equal."""

from ratings.engine.style.votes import FEATURES

__all__ = ["FEATURES"]
