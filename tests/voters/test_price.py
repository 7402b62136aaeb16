"""What newcomers pay, as a function of how many came."""

import pytest

from arena.voters.throttling.price import (
    DAY,
    EXPECTED,
    FIRST_TRIES,
    ITERATIONS,
    MONTH,
    Allowance,
    Count,
    Newcomers,
    tries_of,
    usual_of,
    work_of,
)

ALLOWANCE = Allowance(network=60, provider=600, site=1_000)
PHONE = 650 * ITERATIONS  # iterations in a second: a quarter of a core's


def phone_seconds(**counts: float) -> float:
    """At most, for one more battle."""
    return tries_of(Newcomers(**counts), ALLOWANCE) * ITERATIONS / PHONE


def test_ordinary_networks_pay_nothing() -> None:
    for counts in (
        {"network": 6.0, "provider": 300.0, "site": 900.0},
        {"network": 60.0, "provider": 600.0, "site": 2_000.0},
        # A network with 2% of the visitors of a large site, and a provider with a tenth of them.
        {"network": 240.0, "provider": 1_200.0, "site": 12_000.0, "usual": 12_000.0},
    ):
        assert tries_of(Newcomers(**counts), ALLOWANCE) == 0


def test_a_network_with_four_times_the_newcomers_pays_eight_times_as_much() -> None:
    prices = [tries_of(Newcomers(network=60.0 * times), ALLOWANCE) for times in (1.001, 4, 16)]
    assert prices == [FIRST_TRIES, 8 * FIRST_TRIES, 64 * FIRST_TRIES]
    assert work_of(Newcomers(network=240), ALLOWANCE) == EXPECTED * 8 * FIRST_TRIES * ITERATIONS


def test_nobody_is_locked_out_and_others_pay_little() -> None:
    assert phone_seconds(network=1e9, provider=1e9, site=1e9) <= 40
    assert 0 < phone_seconds(provider=1e9) <= 3
    assert 0 < phone_seconds(site=1e9, usual=1_000) <= 3


def test_a_pause_of_hours_resets_nothing() -> None:
    count = Count(number=1_000, at=0, began=0)
    assert count.after(3_600, DAY) > 950
    steady = Count(0, 0, 0)
    for second in range(0, int(10 * DAY), 60):
        steady = steady.one_more(second, DAY)
    assert steady.after(steady.at, DAY) == pytest.approx(24 * 60, rel=0.01)


def test_what_is_usual_is_known_from_the_first_day_on_and_a_flood_changes_it_slowly() -> None:
    month, day = Count(0, 0, 0), Count(0, 0, 0)
    for second in range(0, int(3 * DAY), 60):
        month, day = month.one_more(second, MONTH), day.one_more(second, DAY)
    assert usual_of(month, month.at) == pytest.approx(24 * 60, rel=0.03)

    month, day = (Count(24 * 60 * days, at=0, began=-5 * MONTH) for days in (28, 1))
    for second in range(int(DAY)):
        month, day = month.one_more(second, MONTH), day.one_more(second, DAY)
    assert day.after(day.at, DAY) > 10 * usual_of(month, month.at)
