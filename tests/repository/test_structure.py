"""How the tests hang together: by helpers and the product's public names, not by one another."""

from pathlib import Path

import pytest

from tests.repository.structure import handmade_battles, imported_tests, private_names

ROOT = Path(__file__).parents[2]
SOURCES = {
    ".".join(path.relative_to(ROOT).with_suffix("").parts): path.read_text()
    for path in sorted((ROOT / "tests").rglob("*.py"))
}


def test_no_module_imports_a_module_of_tests() -> None:
    assert len(SOURCES) > 200
    found = {module: imported_tests(source, module) for module, source in SOURCES.items()}
    assert {module: names for module, names in found.items() if names} == {}


def test_no_module_reaches_a_private_name() -> None:
    found = {module: private_names(source) for module, source in SOURCES.items()}
    assert {module: names for module, names in found.items() if names} == {}


def test_battles_are_made_by_the_factories() -> None:
    found = {module: handmade_battles(source) for module, source in SOURCES.items()}
    del found["tests.factories"]
    assert {module: lines for module, lines in found.items() if lines} == {}


def test_a_battle_made_by_hand_is_found() -> None:
    by_hand = "Battle.objects.create(voter=voter)\nmodels.Turn.objects.bulk_create([])"
    assert handmade_battles(by_hand) == [1, 2]
    assert handmade_battles("with pytest.raises(DatabaseError):\n    Turn.objects.create()") == []


@pytest.mark.parametrize(
    "source",
    [
        "from tests.api.test_boards import rated",
        "import tests.api.test_boards as boards",
        "def f():\n    from tests.api import test_boards",
        "from .test_boards import rated",
        "from ..api.test_boards import rated",
        "from . import test_boards",
    ],
)
def test_an_import_of_tests_is_found(source: str) -> None:
    assert "tests.api.test_boards" in imported_tests(source, "tests.api.test_keys")


@pytest.mark.parametrize(
    ("source", "name"),
    [
        ("from arena.battles.services import _ask", "arena.battles.services._ask"),
        ("from ratings._hidden import fit", "ratings._hidden"),
        ("import arena._hidden", "arena._hidden"),
        ("services._ask()", "_ask"),
        ("selectors._known[0]", "_known"),
        ("redactor()._tail.size", "_tail"),
        ("monkeypatch.setattr(tokens, '_reader', None)", "_reader"),
        (
            "monkeypatch.setattr('arena.battles.live.streams._reader', None)",
            "arena.battles.live.streams._reader",
        ),
        ("mock.patch.object(tokens, '_reader')", "_reader"),
        ("getattr(tokens, '_reader')", "_reader"),
    ],
)
def test_a_private_name_is_found(source: str, name: str) -> None:
    assert name in private_names(source)


@pytest.mark.parametrize(
    "source",
    [
        "class A:\n    def __init__(self):\n        self._a = 1\n\nA()._a",
        "def _helper(): ...\nmodule._helper",
        "point._replace(x=1), Battle._meta, type(battle).__name__",
        "from tests.servers import _started",
    ],
)
def test_ones_own_names_and_public_ones_are_none(source: str) -> None:
    assert private_names(source) == set()
