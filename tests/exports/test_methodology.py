"""The log of changes of the methodology is kept."""

import json
from hashlib import sha256
from itertools import pairwise

from arena.exports.methodology import CHANGES, constants

# Of the constants that no operator sets. Another one? Add a change, and write its digest here.
KNOWN = {"3.4": "d351f17771f7614876b7d6a5650f5d012441edb6f6c9a5d6977988da9123b7c3"}


def test_the_newest_change_is_that_of_the_constants() -> None:
    ours = {name: constants()[name] for name in ("rating", "style", "windows", "sampling")}
    digest = sha256(json.dumps(ours, sort_keys=True).encode()).hexdigest()
    assert {CHANGES[0].version: digest} == KNOWN


def test_versions_and_days_grow() -> None:
    for newer, older in pairwise(CHANGES):
        assert newer.day >= older.day
        assert tuple(map(int, newer.version.split("."))) > tuple(map(int, older.version.split(".")))
