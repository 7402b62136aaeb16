"""Ratings from pairwise votes: pure NumPy and SciPy, no Django."""

from ratings.engine.bradley_terry import Leaderboard, fit
from ratings.engine.cells import GRID, StyledTable, StyleGrid, fit_cells
from ratings.engine.clusters import Clusters
from ratings.engine.conventions import ARENA_RANK, Conventions
from ratings.engine.elo import Elo
from ratings.engine.fragility import (
    Fragility,
    exact_influence,
    fragility,
    styled_fragility,
    voter_influence,
)
from ratings.engine.intervals import Bootstrap, bootstrap
from ratings.engine.multiplicity import Multiplicity, expected_gain, multiplicities
from ratings.engine.ranks import probability_first
from ratings.engine.sampling import draw_pair, pair_probabilities, pairing_gain
from ratings.engine.single_votes import SingleVotes
from ratings.engine.snapshots import Check, board_notes, snapshot, snapshot_rows, verify
from ratings.engine.style import StyledLeaderboard, StyledVotes, fit_styled, style_differences
from ratings.engine.tables import OUTCOMES, PairTable, whole_votes
from ratings.engine.ties import TieFit, fit_ties

__all__ = [
    "ARENA_RANK",
    "GRID",
    "OUTCOMES",
    "Bootstrap",
    "Check",
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
    "board_notes",
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
    "probability_first",
    "snapshot",
    "snapshot_rows",
    "style_differences",
    "styled_fragility",
    "verify",
    "voter_influence",
    "whole_votes",
]
