"""Ratings from pairwise votes: pure NumPy and SciPy, no Django."""

from ratings.engine.bradley_terry import Leaderboard, fit
from ratings.engine.conventions import ARENA_RANK, Conventions
from ratings.engine.elo import Elo
from ratings.engine.fragility.fewest_votes import Fragility, fragility, styled_fragility
from ratings.engine.fragility.influence import exact_influence, voter_influence
from ratings.engine.fragility.single_votes import SingleVotes
from ratings.engine.intervals.bootstrap import Bootstrap, bootstrap
from ratings.engine.intervals.clusters import Clusters
from ratings.engine.multiplicity import Multiplicity, expected_gain, multiplicities
from ratings.engine.ranks import probability_best
from ratings.engine.sampling import draw_pair, pair_probabilities, pairing_gain
from ratings.engine.style.cell_fit import fit_cells
from ratings.engine.style.grid import GRID, StyleGrid
from ratings.engine.style.table import StyledTable
from ratings.engine.style.votes import StyledLeaderboard, StyledVotes, fit_styled, style_differences
from ratings.engine.tables import OUTCOMES, PairTable, whole_votes
from ratings.engine.ties import TieFit, fit_ties

__all__ = [
    "ARENA_RANK",
    "GRID",
    "OUTCOMES",
    "Bootstrap",
    "Clusters",
    "Conventions",
    "Elo",
    "Fragility",
    "Leaderboard",
    "Multiplicity",
    "PairTable",
    "SingleVotes",
    "StyleGrid",
    "StyledLeaderboard",
    "StyledTable",
    "StyledVotes",
    "TieFit",
    "bootstrap",
    "draw_pair",
    "exact_influence",
    "expected_gain",
    "fit",
    "fit_cells",
    "fit_styled",
    "fit_ties",
    "fragility",
    "multiplicities",
    "pair_probabilities",
    "pairing_gain",
    "probability_best",
    "style_differences",
    "styled_fragility",
    "voter_influence",
    "whole_votes",
]
