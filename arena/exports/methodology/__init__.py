"""What ratings depend on besides the votes: versions, published constants, digest of all."""

from arena.exports.methodology.changes import CHANGES, Change
from arena.exports.methodology.constants import constants

__all__ = ["CHANGES", "Change", "constants"]
