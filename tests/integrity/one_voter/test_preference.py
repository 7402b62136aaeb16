"""The e-process keeps its promise to honest voters, and adaptation_rate for riggers."""

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.special import expit

from arena.integrity.statistics.e_values import e_bh
from arena.integrity.statistics.prediction import Floats, Indices, Prediction
from arena.integrity.statistics.voter.preference import (
    RESTART_EVERY,
    WEIGHTS,
    Alternative,
    NullHypothesis,
    PreferenceEvidence,
)
from tests.chance import at_most

MODELS = 12
HONESTY = NullHypothesis(preference_tolerance=0.3, slope_range=(0.5, 1.5))
NONE_BEFORE = np.zeros(1)


@pytest.fixture(scope="module")
def prediction() -> Prediction:
    rng = np.random.default_rng(1)
    strengths = np.sort(rng.standard_normal(MODELS))[::-1]
    root = rng.standard_normal((MODELS, MODELS))
    return Prediction(strengths, 0.01 * root @ root.T)


def reaching(prediction: Prediction, worst: str, voters: int, alpha: float) -> int:
    """How many honest voters ever reach 1/alpha when their votes go as far as null allows."""
    rng = np.random.default_rng(7)
    evidence = PreferenceEvidence(voters, MODELS, HONESTY)
    reached = np.zeros(voters, dtype=bool)
    for _ in range(150):
        a = rng.integers(0, MODELS, voters)
        b = (a + rng.integers(1, MODELS, voters)) % MODELS
        low, high = HONESTY.bounds(prediction.expected(a, b), NONE_BEFORE)
        towards_a = {
            "one model": np.where(a == 3, 1, np.where(b == 3, -1, 0)),
            "side a": np.ones(voters),
            "the lever": np.where(prediction.covariance[3, a] > prediction.covariance[3, b], 1, -1),
        }[worst]
        p = np.select([towards_a == 1, towards_a == -1], [high, low], (low + high) / 2)
        picked: Floats = (rng.random(voters) < p).astype(np.float64)
        picked[rng.random(voters) < 0.2] = np.nan
        evidence.update(prediction.expected(a, b), a, b, picked)
        reached |= evidence.reached(-np.log(alpha))
    return int(reached.sum())


def factors(evidence: PreferenceEvidence) -> Floats:
    """The first voter's log-e-values of all alternatives."""
    parts = (evidence.values, evidence.most_seen, evidence.pattern, evidence.random)
    return np.concatenate([part[0].ravel() for part in parts])


@pytest.mark.parametrize("worst", ["one model", "side a", "the lever"])
def test_honest_voters_reach_one_over_alpha_at_most_this_often(
    prediction: Prediction, worst: str
) -> None:
    """Where the chance is 10%, one run in 10,000 fails in vain."""
    voters, alpha = 3000, 0.1
    reached = reaching(prediction, worst, voters, alpha)
    assert at_most(reached, voters, alpha, false_alarm=1e-4)


def test_a_factor_has_expectation_one_at_the_edge_and_less_within(prediction: Prediction) -> None:
    a, b = np.array([0]), np.array([5])
    low, high = HONESTY.bounds(prediction.expected(a, b), NONE_BEFORE)

    def expectation(p: float) -> Floats:
        values = []
        for picked in (1.0, 0.0):
            evidence = PreferenceEvidence(1, MODELS, HONESTY)
            evidence.update(prediction.expected(a, b), a, b, np.array([picked]))
            values.append(np.exp(factors(evidence)))
        expected: Floats = p * values[0] + (1 - p) * values[1]
        return expected

    for p in np.linspace(low[0], high[0], 7):
        assert (expectation(p) <= 1 + 1e-12).all()
    assert expectation(high[0]).max() == pytest.approx(1)
    assert expectation(low[0]).max() == pytest.approx(1)
    assert expectation(expit(9.0)).max() > 1


def test_the_expectation_over_all_courses_is_at_most_one(prediction: Prediction) -> None:
    """Exactly, over all outcomes of twelve votes, and more for one who is not honest."""
    assert sum(WEIGHTS.values()) == pytest.approx(1)
    votes = RESTART_EVERY + 2
    courses = np.arange(2**votes)[:, None] >> np.arange(votes) & 1
    rng = np.random.default_rng(5)
    pairs = [rng.permutation([3, *rng.choice([0, 1, 8, 9], 1)]) for _ in range(votes)]
    expectation = {}
    for far in ("low", "middle", "high", "dishonest"):
        evidence, chance = PreferenceEvidence(len(courses), MODELS, HONESTY), np.ones(len(courses))
        for vote, (one, other) in enumerate(pairs):
            a, b = np.full(len(courses), one), np.full(len(courses), other)
            low, high = HONESTY.bounds(prediction.expected(a, b), NONE_BEFORE)
            rigged = np.full(len(courses), 0.99 if one == 3 else 0.01)
            p = {"low": low, "middle": (low + high) / 2, "high": high, "dishonest": rigged}[far]
            chance *= np.where(courses[:, vote] == 1, p, 1 - p)
            evidence.update(prediction.expected(a, b), a, b, courses[:, vote].astype(np.float64))
        expectation[far] = chance @ np.exp(evidence.log_e())
    assert max(expectation[far] for far in ("low", "middle", "high")) <= 1 + 1e-9
    assert expectation["low"] > 0.5
    assert expectation["dishonest"] > 1.2


def test_many_votes_leave_more_room_for_taste_and_rigging_shows_still(
    prediction: Prediction,
) -> None:
    """All like a model by 0.8, lastingly; 20 riggers vote for it alone after 400 votes.

    Of 200 honest voters with another seed the wide bounds held none and the narrow ones 46%, and
    of 200 riggers all were held. So this fails in vain less than once in a million runs; if the
    wide bounds held one honest voter in a hundred, which they may, once in 1,500.
    """
    honest, riggers, votes = 100, 20, 1600
    voters = honest + riggers
    rng = np.random.default_rng(8)
    pairs = rng.permuted(np.tile(np.arange(MODELS), (voters * votes, 1)), axis=1)[:, :2]
    a, b = pairs.T.reshape(2, voters, votes)
    sure = Prediction(prediction.strengths, 1e-6 * np.eye(MODELS))
    likes = 0.8 * ((a == 3).astype(float) - (b == 3))
    difference = prediction.strengths[a] - prediction.strengths[b]
    picked = rng.random((voters, votes)) < expit(difference + likes)
    rigs = np.where(a == 3, True, np.where(b == 3, False, picked))
    picked[honest:, 400:] = rigs[honest:, 400:]
    narrow = weighed(sure, a, b, picked, NullHypothesis(adaptation_rate=0.0))
    wide = weighed(sure, a, b, picked, NullHypothesis(adaptation_votes=75))
    assert np.mean(narrow[:honest]) > 0.2
    assert np.mean(wide[:honest]) <= 0.05
    assert wide[honest:].all()


def weighed(
    board: Prediction, a: Indices, b: Indices, picked: NDArray[np.bool_], null: NullHypothesis
) -> NDArray[np.bool_]:
    """Who ever reached 1/alpha of these voters; pairs and picks have shape (voters, votes)."""
    evidence = PreferenceEvidence(len(picked), MODELS, null)
    reached = np.zeros(len(picked), dtype=bool)
    for one, other, is_a in zip(a.T, b.T, picked.T, strict=True):
        evidence.update(board.expected(one, other), one, other, is_a.astype(np.float64))
        reached |= evidence.reached(-np.log(0.01))
    return reached


def test_a_tie_says_nothing(prediction: Prediction) -> None:
    evidence = PreferenceEvidence(2, MODELS)
    a, b = np.array([0, 4]), np.array([3, 1])
    evidence.update(prediction.expected(a, b), a, b, np.array([np.nan, np.nan]))
    assert not factors(evidence).any()
    assert evidence.log_e() == pytest.approx([0, 0])


def test_on_a_board_that_knows_nothing_everything_is_honest() -> None:
    unknown = Prediction(np.zeros(4), 1e6 * np.eye(4))
    evidence = PreferenceEvidence(1, 4)
    a, b = np.array([0]), np.array([1])
    for _ in range(100):
        evidence.update(unknown.expected(a, b), a, b, np.array([1.0]))
    assert evidence.log_e() == pytest.approx([0], abs=1e-6)


def test_changing_sides_changes_nothing_but_the_side(prediction: Prediction) -> None:
    one, other = PreferenceEvidence(1, MODELS), PreferenceEvidence(1, MODELS)
    a, b = np.array([2]), np.array([7])
    for _ in range(3):
        one.update(prediction.expected(a, b), a, b, np.array([1.0]))
        other.update(prediction.expected(b, a), b, a, np.array([0.0]))
    assert one.values == pytest.approx(other.values)
    assert one.most_seen == pytest.approx(other.most_seen)
    assert one.picked[0, 0].tolist() == other.picked[0, 0].tolist()[::-1] == [3, 0]


def test_evidence_is_kept_and_grows_with_the_pool(prediction: Prediction) -> None:
    whole, kept = PreferenceEvidence(1, MODELS), b""
    rng = np.random.default_rng(4)
    for _ in range(30):
        a, b = (np.array([m]) for m in rng.permutation(MODELS)[:2])
        picked = rng.choice([1.0, 0.0, np.nan], 1)
        whole.update(prediction.expected(a, b), a, b, picked)
        piece = PreferenceEvidence.unpacked(kept, MODELS)
        piece.update(prediction.expected(a, b), a, b, picked)
        kept = piece.packed()
    assert kept == whole.packed()
    grown, offset = whole.grown(MODELS + 2)
    assert grown.log_e()[0] + offset <= whole.log_e()[0]
    assert grown.strongest() == whole.strongest()
    assert np.exp(factors(grown)).sum() == pytest.approx(
        np.exp(factors(whole)).sum() + 2 * whole.values.size / MODELS
    )


@pytest.mark.parametrize(
    ("plan", "alternative"),
    [
        ("for 3", Alternative("favours", model=3)),
        ("against 3", Alternative("disfavours", model=3)),
        ("left", Alternative("side", side=0)),
        ("in turns", Alternative("pattern")),
    ],
)
def test_the_strongest_alternative_is_the_plan(
    prediction: Prediction, plan: str, alternative: Alternative
) -> None:
    evidence = PreferenceEvidence(1, MODELS)
    rng = np.random.default_rng(6)
    for step in range(60):
        a, b = rng.permutation(MODELS)[:2]
        if "3" in plan and 3 not in (a, b):
            a, b = rng.permutation([3, a])
        is_a = {
            "for 3": a == 3,
            "against 3": b == 3,
            "left": True,
            "in turns": step % 2 == 0,
        }[plan]
        sides = np.array([a]), np.array([b])
        evidence.update(prediction.expected(*sides), *sides, np.array([float(is_a)]))
    assert evidence.strongest() == alternative
    assert evidence.reached(-np.log(0.01)).all()


def test_e_bh_keeps_the_false_discovery_rate() -> None:
    """The share of honest among the rejected is 0 in nearly all of 200 runs, and never near 0.1.

    A rigger is rejected if the evidence is above log(420 / (0.1 * rejected)), about 5.3: all but
    one in 2,500 are. That more than 4 of 20 are not comes once in 10^13 runs.
    """
    rng = np.random.default_rng(3)
    shares = []
    for _ in range(200):
        honest = rng.standard_normal(400) - 0.5  # log-normal e-values with mean 1
        riggers = rng.normal(12, 2, 20)
        rejected = e_bh(np.concatenate([honest, riggers]), 0.1)
        shares.append(rejected[:400].sum() / max(1, rejected.sum()))
        assert rejected[400:].mean() > 0.8
    assert np.mean(shares) <= 0.1
    assert not e_bh(np.zeros(5), 0.1).any()
