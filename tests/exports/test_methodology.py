"""A change of any constant that decides what is counted, held or drawn needs a new version."""

import importlib
from collections.abc import Callable
from datetime import timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from uuid import uuid4

import numpy as np
import pytest

from arena.exports.methodology import CHANGES, constants
from arena.exports.methodology.collected import INSIDE, OPERATIONAL, collected, digest

# Add a line for each new version that changes a constant. Never change or remove a line.
PUBLISHED = {
    "3.5": "7ee1140cd99bf5aa9bc146d53677c71a2e7b87f0d0b2b5ecb06eccb729cf75f2",
}


def test_the_digest_of_the_newest_version_is_that_of_the_code() -> None:
    newest = next(change for change in CHANGES if change.digest)
    assert digest() == newest.digest, (
        "A constant changed that decides what is counted, held or drawn. Add a Change with the"
        " digest that `manage.py methodology` prints, and its line to PUBLISHED."
    )


def test_digests_of_published_versions_never_change() -> None:
    assert {change.version: change.digest for change in CHANGES if change.digest} == PUBLISHED


@pytest.mark.parametrize(
    ("module", "name", "changed"),
    [
        ("arena.leaderboards.sampling", "NEWCOMER_VOTES", lambda votes: votes + 1),
        ("arena.leaderboards.counting.windows", "SETTLED", lambda span: span + timedelta(1)),
        ("arena.battles.models.battle", "ORIGIN_DAYS", lambda days: days - 1),
        ("arena.battles.prompts.named", "FEWEST_BANDS", lambda bands: bands + 1),
        ("arena.text.classification", "LONG_PROMPT_TOKENS", lambda tokens: tokens + 100),
        ("ratings.engine.intervals.clusters", "LEAST_EFFECTIVE", lambda number: number * 1.01),
        ("ratings.engine.style.votes", "SCORES", lambda scores: scores + np.array([0, 0, 0, 0.1])),
    ],
)
def test_a_changed_constant_changes_the_digest(
    monkeypatch: pytest.MonkeyPatch, module: str, name: str, changed: Callable[[Any], Any]
) -> None:
    before = digest()
    owner = importlib.import_module(module)
    monkeypatch.setattr(owner, name, changed(getattr(owner, name)))
    assert digest() != before


def test_the_null_of_the_test_of_voters_is_in_the_digest() -> None:
    found = collected()
    nulls = [
        values
        for place, values in found.items()
        if place.startswith("arena.integrity.statistics.voter.")
    ]
    assert [0.1, 0.6, 1.2, 2.0, 300.0, 0.5] in nulls  # how far an honest voter may differ
    assert [0.4, 1.0, 100.0, 0.8] in nulls  # and how often they may tie


@pytest.fixture
def statistic(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    """The digest with one more module among the statistics, of this source."""
    package = importlib.import_module("arena.integrity.statistics")
    monkeypatch.setattr(package, "__path__", [*package.__path__, str(tmp_path)])

    def with_module(source: str) -> str:
        for path in tmp_path.glob("*.py"):
            path.unlink()
        (tmp_path / f"statistic_{uuid4().hex}.py").write_text(source)
        importlib.invalidate_caches()
        return digest()

    return with_module


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("LEVEL = 0.07", "LEVEL = 0.08"),
        ("LEVEL: float = 0.07", "LEVEL: float = 0.08"),
        ("_LEVELS = {'few': (1, 2)}", "_LEVELS = {'few': (1, 3)}"),
        ("A, B = 0.07, 7", "A, B = 0.07, 8"),
        ("def level(votes=70): ...", "def level(votes=71): ..."),
        ("def level(): return 0.071", "def level(): return 0.072"),
        ("class Null:\n    level = 0.07", "class Null:\n    level = 0.08"),
        (
            "from dataclasses import dataclass\n@dataclass\nclass Null:\n    level: float = 0.07",
            "from dataclasses import dataclass\n@dataclass\nclass Null:\n    level: float = 0.08",
        ),
    ],
)
def test_a_new_constant_is_in_the_digest_without_being_listed(
    statistic: Callable[[str], str], source: str, changed: str
) -> None:
    without = statistic('"""Nothing to see."""')
    assert len({without, statistic(source), statistic(changed)}) == 3


def test_names_places_and_texts_do_not_change_the_digest(
    statistic: Callable[[str], str],
) -> None:
    assert statistic("LEVEL = 0.07") == statistic("'''Why.'''\nTHRESHOLD = 0.07  # as before")
    assert statistic("") == statistic("def held(votes): return votes[0] + 1, 'held'")


def test_an_unknown_kind_of_constant_is_refused(statistic: Callable[[str], str]) -> None:
    with pytest.raises(TypeError, match="LEVELS: the values of a range_iterator are unknown"):
        statistic("LEVELS = iter(range(3))")


def test_every_constant_left_out_of_the_digest_exists() -> None:
    assert collected(operational=frozenset()).keys() >= OPERATIONAL


def test_the_digest_covers_what_is_published_of_the_constants() -> None:
    found = {leaf for leaves in collected().values() for leaf in leaves}
    for name in ("rating", "style", "windows", "sampling"):
        assert set(_numbers(constants()[name])) <= found, name
    integrity = constants()["integrity"]
    for name in ("influence", "influence_classes", "newcomers", "deciding_odds", "tie_room"):
        assert set(_numbers(integrity[name])) <= found, name
    assert INSIDE in collected()


def _numbers(value: Any) -> list[float]:
    if isinstance(value, dict):
        return [number for member in value.values() for number in _numbers(member)]
    if isinstance(value, list | tuple):
        return [number for member in value for number in _numbers(member)]
    return [float(value)] if isinstance(value, int | float) else []


def test_versions_and_days_grow() -> None:
    for newer, older in pairwise(CHANGES):
        assert newer.day >= older.day
        assert tuple(map(int, newer.version.split("."))) > tuple(map(int, older.version.split(".")))
