"""Write arena_rank.json: seeded votes and what arena-rank 0.1.1 makes of them.

    build/bench/bin/python tests/ratings/engine/make_arena_rank_answers.py

Its optimizer stops by default when the loss changes by less than 1e-9, which leaves ratings up
to a point away from its own optimum; here it runs until the gradient is below 1e-12.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from arena_rank.models.bradley_terry import BradleyTerry
from arena_rank.models.contextual_bradley_terry import ContextualBradleyTerry
from arena_rank.utils.data_utils import ContextualPairDataset, PairDataset

WINNERS = ["model_a", "model_b", "tie", "both_bad"]
FEATURES = ["tokens", "headers", "lists", "bold"]
EXACT = {"ftol": 0.0, "gtol": 1e-12, "max_iter": 3000}


def votes(rng: np.random.Generator, models: int, count: int, features: int = 0) -> pd.DataFrame:
    strengths = np.linspace(-1.2, 1.2, models)
    a = rng.integers(0, models, count)
    b = (a + rng.integers(1, models, count)) % models
    rows = np.round(rng.normal(0.05, 0.4, (count, features)), 3)
    logit = strengths[a] - strengths[b] + rows @ np.array([0.8, 0.1, -0.2, 0.3])[:features]
    won = rng.random(count) < 1 / (1 + np.exp(-logit))
    drawn = rng.random(count) < 0.25
    code = np.where(drawn, rng.integers(2, 4, count), np.where(won, 0, 1))
    frame = pd.DataFrame({"model_a": a, "model_b": b})
    frame = frame.map(lambda index: f"model-{index:02d}")
    frame["winner"] = [WINNERS[c] for c in code]
    return frame.assign(**{FEATURES[k]: rows[:, k] for k in range(features)})


def answers(result: dict[str, Any], **more: Any) -> dict[str, Any]:
    keys = ("ratings", "rating_lower", "rating_upper")
    return {"models": list(result["competitors"])} | {k: result[k].tolist() for k in keys} | more


def main() -> None:
    rng = np.random.default_rng(20261124)
    plain, styled = votes(rng, 20, 1500), votes(rng, 8, 700, 4)
    data = PairDataset.from_pandas(plain)
    model = BradleyTerry(len(data.competitors), **EXACT)
    fixture = {
        "votes": plain.values.tolist(),
        "plain": answers(model.compute_ratings_and_cis(data)),
    }
    data = PairDataset.from_pandas(plain, reweighted=True, min_pair_count=5)
    model = BradleyTerry(len(data.competitors), **EXACT)
    fixture["reweighted"] = answers(model.compute_ratings_and_cis(data))
    fixture["styled_votes"] = styled.values.tolist()
    for name, ridge in (("styled", 0.0), ("styled_ridge", 0.1)):
        data = ContextualPairDataset.from_pandas(
            styled, FEATURES, reweighted=False, normalize_features=False
        )
        model = ContextualBradleyTerry(len(data.competitors), 4, reg=ridge, **EXACT)
        result = model.compute_ratings_and_cis(data)
        fixture[name] = answers(result, coefficients=result["coeffs"].tolist())
    path = Path(__file__).with_name("arena_rank.json")
    path.write_text(json.dumps(fixture, separators=(",", ":")) + "\n")
    print(f"wrote {path.name}: {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
