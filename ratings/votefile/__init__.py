"""Votes in files: tables (CSV and its like), Parquet and JSON.

The columns are those of LMArena's public data (`model_a`, `model_b`, `winner`, or one column for
each winner), or `left`, `right`, `winner`; a `weight` and style columns may be there. A style
feature X is the column X, the difference of the two answers as it enters the fit, or the columns
X_a and X_b, counts whose normalised difference enters.
"""

from ratings.votefile.errors import BadVotes
from ratings.votefile.reading import Votes, read_votes
from ratings.votefile.winners import WINNERS
from ratings.votefile.writing import write_votes

__all__ = ["WINNERS", "BadVotes", "Votes", "read_votes", "write_votes"]
