"""Ratings from pairwise votes: pure NumPy and SciPy, no Django."""

from ratings.core.bradley_terry import Leaderboard, fit
from ratings.core.conventions import Conventions
from ratings.core.tables import OUTCOMES, PairTable

__all__ = ["OUTCOMES", "Conventions", "Leaderboard", "PairTable", "fit"]
