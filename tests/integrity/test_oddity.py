"""Odd times and odd prompts come first in the queue; nobody is held for them."""

import numpy as np
import pytest

from arena.integrity.core.attack_range import Run, make_world, run_attack, run_honest
from arena.integrity.core.attention import attention
from arena.integrity.core.oddity import combined_log_e, rank_log_e
from arena.integrity.core.preference import Floats
from arena.integrity.core.prompts import prompting, triggers

Measures = list[dict[str, float]]
HONEST = {"crowd": 120, "careless": 40, "heavy, in bursts": 40}


def attentions(run: Run) -> Measures:
    rows = zip(run.trail.at, run.trail.reading, run.trail.length, strict=True)
    return [attention(*row) for row in rows]


def columns(measures: Measures) -> dict[str, Floats]:
    return {name: np.array([one[name] for one in measures]) for name in measures[0]}


@pytest.fixture(scope="module")
def honest() -> Measures:
    world = make_world(12, votes=2000, seed=50)
    runs = [run_honest(world, kind, n, 60, seed=51) for kind, n in HONEST.items()]
    return [one for run in runs for one in attentions(run)]


@pytest.mark.parametrize("bot", ["random bot", "always-A bot", "replay bot"])
def test_bots_come_before_nearly_all_who_read(honest: Measures, bot: str) -> None:
    reference = columns(honest)
    bots = attentions(run_attack(make_world(12, votes=2000, seed=50), bot, 20, 60, seed=52))
    theirs = [combined_log_e(one, reference) for one in bots]
    log_e = np.array([combined_log_e(one, reference) for one in honest])
    assert np.median(theirs) > np.quantile(log_e, 0.99)


def test_ranks_among_ones_like_make_e_values() -> None:
    rng = np.random.default_rng(53)
    e = [
        np.exp(combined_log_e({"x": x[0], "y": -x[0]}, {"x": x[1:], "y": -x[1:]}))
        for x in rng.standard_normal((2000, 100))
    ]
    assert np.mean(e) <= 1
    assert max(e) < np.sqrt(101) / 2
    assert rank_log_e(np.nan, np.zeros(3)) == 0
    assert rank_log_e(0.0, np.zeros(50)) < 0  # as all others are


def test_votes_of_one_who_does_not_read_are_told() -> None:
    at = np.arange(0.0, 960.0, 40.0)
    measured = attention(at, np.where(np.arange(24) < 6, -1.0, 3.0), np.full(24, 500.0))
    assert measured["unread"] == 1
    assert measured["before the end"] == 0.25
    assert measured["regular"] == pytest.approx(0)
    assert np.isnan(measured["sleepless"])  # within a day nobody has to sleep
    hourly = attention(np.arange(0.0, 72 * 3600.0, 3600.0), np.full(72, 60.0), np.full(72, 500.0))
    assert hourly["sleepless"] == -1
    assert hourly["unread"] == 0
    assert all(np.isnan(value) for value in attention(at[:3], at[:3], at[:3]).values())


def test_prompts_of_one_who_hunts_a_model_are_told() -> None:
    words = [{"what", "is", "zxqv", str(n)} for n in range(8)]
    measured = prompting(
        np.array([1, 2, 1, 2, 1, 2, 1, 2]),
        np.array([0, 3, 0, 3, 0, 3, 0, 3]),
        np.arange(8) < 2,
        words,
        {"what": 0.3, "is": 0.5},
    )
    assert measured == {"repeated": 0.75, "shared": 0.5, "probing": 0.25, "trigger": 1.0}
    assert triggers(words, {"what": 0.3, "is": 0.5}) == [("zxqv", 1.0)]


def test_asking_again_at_once_is_not_odd() -> None:
    prompt = np.array([1, 1, 2, 2, 2, 3])
    measured = prompting(prompt, 0 * prompt, prompt < 0, [{"a"}] * 6, {"a": 0.9})
    assert measured == {"repeated": 0.0, "shared": 0.0, "probing": 0.0, "trigger": 0.0}
