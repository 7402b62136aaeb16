"""Snapshots: recomputed to the last digit, whatever version made them."""

import json
from pathlib import Path
from typing import Any

import pytest

from ratings.snapshots import Check, verify


def old_snapshots() -> list[dict[str, Any]]:
    """Made by the version of 2026-11-28; with a model that never won, and one with one tie."""
    text = Path(__file__).with_name("old_snapshots.json").read_text()
    loaded: list[dict[str, Any]] = json.loads(text)
    return loaded


def differing(checks: list[Check]) -> list[str]:
    return [check.name for check in checks if check.differences]


@pytest.mark.parametrize("number", range(3))
def test_old_snapshots_verify_by_the_conventions_of_their_time(number: int) -> None:
    published = old_snapshots()[number]
    assert "prior" not in published["conventions"]
    checks = verify(published)
    assert {"rating", "lower", "rank", "first", "fragility"} <= {check.name for check in checks}
    assert differing(checks) == []


def test_an_old_snapshot_that_claims_the_new_conventions_differs() -> None:
    published = old_snapshots()[0]
    published["conventions"] |= {"prior": "spread", "overtakers": "all"}
    assert {"rating", "lower", "upper"} <= set(differing(verify(published)))
