"""The time limits of the suite allow for the machine's speed."""

import itertools

import pytest

from tests import speed
from tests.speed import seconds, wait_until


def test_a_budget_grows_with_the_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(speed.VARIABLE, "2.5")
    assert seconds(8) == 20


def test_no_machine_is_so_fast_that_a_budget_shrinks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(speed, "LAPTOP_SECONDS", 3600.0)
    monkeypatch.delenv(speed.VARIABLE)
    assert seconds(8) == 8


def test_a_slow_machine_is_measured_and_its_processes_take_the_unit_over(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(speed, "LAPTOP_SECONDS", 0.001)
    monkeypatch.setenv(speed.VARIABLE, "")  # so that it is as before after the test
    monkeypatch.delenv(speed.VARIABLE)
    measured = speed.unit()
    assert measured > 1
    assert speed.unit() == measured


def test_a_wait_ends_as_soon_as_something_holds() -> None:
    asked = itertools.count()
    assert wait_until(lambda: next(asked) == 3, every=0) is True
    assert next(asked) == 4


def test_a_wait_in_vain_ends() -> None:
    with pytest.raises(TimeoutError, match="Nothing after"):
        wait_until(lambda: "", 0.01)


def test_a_test_hangs_later_on_a_slow_machine(request: pytest.FixtureRequest) -> None:
    limit = request.node.get_closest_marker("timeout")
    assert limit.args == (seconds(float(request.config.getini("timeout"))),)
