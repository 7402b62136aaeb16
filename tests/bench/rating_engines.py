"""Measures of `ratings.engine` and the NumPy floor: ACTION ARRAYS [...]; prints JSON.

write ARRAYS VOTES MODELS | floor ARRAYS | ours ARRAYS | bootstrap ARRAYS RESAMPLES
"""

import json
import resource
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import numpy as np
from scipy.special import expit

from ratings.engine import PairTable, bootstrap, fit
from ratings.engine.simulate import draw_outcomes, spread_strengths, uniform_pairs
from ratings.engine.tables import Floats, Indices

REPEATS = 5

T = TypeVar("T")


def write(path: Path, votes: int, models: int) -> dict[str, float]:
    rng = np.random.default_rng(votes + models)
    truth = spread_strengths(models, 0.8, rng)
    a, b = uniform_pairs(models, votes, rng)
    np.savez(path, a=a, b=b, outcome=draw_outcomes(truth[a] - truth[b], rng), models=models)
    return {}


def best(work: Callable[[], T]) -> tuple[float, T]:
    """The shortest time of some runs, and what the last one gave."""
    times = []
    for _ in range(REPEATS):
        started = time.perf_counter()
        answer = work()
        times.append(time.perf_counter() - started)
    return min(times), answer


def floor(a: Indices, b: Indices, outcome: Indices, n: int) -> dict[str, float]:
    """Counts to pairs by bincount, then Newton: no checks, no intervals, no odd cases."""
    points = np.array([1, 0, 0.5, 0.5])[outcome]

    def count() -> tuple[Floats, Floats]:
        key = a * n + b
        won = np.bincount(key, points, n * n).reshape(n, n)
        met = np.bincount(key, minlength=n * n).reshape(n, n).astype(np.float64)
        return won + (met - won).T, met + met.T

    def newton() -> Floats:
        strengths = np.zeros(n)
        for _ in range(50):
            p = expit(strengths[:, None] - strengths)
            weights = votes * p * (1 - p)
            hessian = np.diag(weights.sum(axis=1)) - weights
            step = np.linalg.solve(hessian + 1, (score - votes * p).sum(axis=1))
            strengths += step
            if np.abs(step).max() < 1e-9:
                break
        return strengths

    load, (score, votes) = best(count)
    seconds, _ = best(newton)
    return {"load": load, "fit": seconds}


def ours(a: Indices, b: Indices, outcome: Indices, n: int) -> dict[str, float]:
    names = [f"model-{number}" for number in range(n)]
    load, table = best(lambda: PairTable.from_votes(names, a, b, outcome))
    seconds, _ = best(lambda: fit(table))
    return {"load": load, "fit": seconds}


def resampled(a: Indices, b: Indices, outcome: Indices, n: int, count: int) -> dict[str, float]:
    table = PairTable.from_votes([f"model-{number}" for number in range(n)], a, b, outcome)
    wall, processor = time.perf_counter(), time.process_time()
    bootstrap(table, resamples=count)
    return {"wall": time.perf_counter() - wall, "cpu": time.process_time() - processor}


def main(action: str, path: str, *numbers: str) -> dict[str, float]:
    if action == "write":
        return write(Path(path), *map(int, numbers))
    with np.load(path) as file:
        arrays = file["a"], file["b"], file["outcome"], int(file["models"])
    if action == "bootstrap":
        answer = resampled(*arrays, int(numbers[0]))
    else:
        answer = {"floor": floor, "ours": ours}[action](*arrays)
    return answer | {"peak": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


if __name__ == "__main__":
    print(json.dumps(main(*sys.argv[1:])))
