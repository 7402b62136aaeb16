"""Measures of the peers, run by their environment's Python: arena_rank|evalica ARRAYS.

`board VOTES` rates a Parquet file by arena-rank instead.
"""

import json
import resource
import sys
import time

import numpy as np
import pandas as pd

WINNERS = np.array(["model_a", "model_b", "tie", "both_bad"])


def arena_rank(a: np.ndarray, b: np.ndarray, outcome: np.ndarray, n: int) -> dict[str, float]:
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    names = np.array([f"model-{number}" for number in range(n)])
    votes = pd.DataFrame({"model_a": names[a], "model_b": names[b], "winner": WINNERS[outcome]})
    started = time.perf_counter()
    data = PairDataset.from_pandas(votes)
    loaded = time.perf_counter()
    answer = BradleyTerry(n).compute_ratings_and_cis(data)
    np.asarray(answer["rating_lower"])
    return {"load": loaded - started, "fit": time.perf_counter() - loaded}


def evalica(a: np.ndarray, b: np.ndarray, outcome: np.ndarray, n: int) -> dict[str, float]:
    import evalica as engine

    winner = engine.Winner
    winners = [(winner.X, winner.Y, winner.Draw, winner.Draw)[code] for code in outcome.tolist()]
    first, second = a.tolist(), b.tolist()
    index = pd.Index(range(n))
    started = time.perf_counter()
    engine.bradley_terry(first, second, winners, index=index)
    return {"load": 0.0, "fit": time.perf_counter() - started}


def board(path: str) -> dict[str, float]:
    """The ratings of a file of votes by arena-rank, to the end of its optimiser."""
    from arena_rank.models.bradley_terry import BradleyTerry
    from arena_rank.utils.data_utils import PairDataset

    data = PairDataset.from_pandas(pd.read_parquet(path))
    model = BradleyTerry(len(data.competitors), ftol=0.0, gtol=1e-12, max_iter=3000)
    answer = model.compute_ratings_and_cis(data)
    ratings = np.asarray(answer["ratings"], dtype=float).tolist()
    return dict(zip(answer["competitors"], ratings, strict=True))


def main(engine: str, path: str) -> dict[str, float]:
    if engine == "board":
        return board(path)
    with np.load(path) as file:
        arrays = file["a"], file["b"], file["outcome"], int(file["models"])
    answer = {"arena_rank": arena_rank, "evalica": evalica}[engine](*arrays)
    return answer | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
