"""The tables of the docs that commands print are what the commands print now."""

import io
from pathlib import Path

import pytest
from django.core.management import call_command

from arena.integrity.simulator import ATTACKS
from arena.integrity.simulator.example import steps
from arena.integrity.simulator.key import ATTACK_KEY

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("document", "command"),
    [("integrity.md", ["evidence_example"]), ("integrity-results.md", ["attack", "--key"])],
)
def test_the_docs_show_what_the_command_prints(document: str, command: list[str]) -> None:
    printed = io.StringIO()
    call_command(*command, stdout=printed)
    assert printed.getvalue().strip() in (DOCS / document).read_text()


def test_the_key_explains_every_attack() -> None:
    assert ATTACK_KEY.keys() == ATTACKS.keys()


def test_the_rigger_of_the_example_is_held_with_the_tenth_vote() -> None:
    values = [step.e_value for step in steps(12)]
    assert values[8] < 100 <= values[9]
    assert values == sorted(values)
