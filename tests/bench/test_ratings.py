"""The rating engine beside arena-rank, evalica and a floor of NumPy alone, on the same arrays.

Each engine runs in a process of its own. BLAS has one thread everywhere: for matrices of some
hundred models more of them only cost.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.bench.conftest import Report

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
SIZES = [2_000_000, 10_000_000]

Measured = dict[str, Any]


def measured(python: Path | str, script: str, *words: object) -> Measured:
    """The last line that a script of this folder prints, which is JSON."""
    # OPENBLAS_CORETYPE is for old builds of OpenBLAS and slows a current one.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("OPENBLAS_")}
    environment |= {"OPENBLAS_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    result = subprocess.run(
        [str(python), str(HERE / script), *map(str, words)],
        capture_output=True,
        text=True,
        env=environment,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    answer: Measured = json.loads(result.stdout.splitlines()[-1])
    return answer


@pytest.mark.parametrize("votes", SIZES)
def test_from_arrays_to_intervals(
    votes: int, report: Report, peers_python: Path, tmp_path: Path
) -> None:
    arrays = tmp_path / "votes.npz"
    measured(sys.executable, "rating_engines.py", "write", arrays, votes, 200)
    floor = measured(sys.executable, "rating_engines.py", "floor", arrays)
    ours = measured(sys.executable, "rating_engines.py", "ours", arrays)
    peer = measured(peers_python, "rating_peers.py", "arena_rank", arrays)
    rows = [("NumPy floor", floor), ("ratings.engine", ours), ("arena-rank 0.1.1", peer)]
    if votes == SIZES[0]:
        rows.append(("evalica 0.4.2", measured(peers_python, "rating_peers.py", "evalica", arrays)))
    report(
        "Arrays to ratings and intervals, 200 models",
        [
            {
                "engine": name,
                "votes": votes,
                "load s": row["load"],
                "fit s": row["fit"],
                "of the floor": total(row) / total(floor),
                "ours is faster": total(row) / total(ours),
                "peak MB": row["peak"],
            }
            for name, row in rows
        ],
    )
    assert total(peer) >= 40 * total(ours)
    assert total(ours) <= 3 * total(floor)


def total(row: Measured) -> float:
    return float(row["load"] + row["fit"])


def test_bootstrap(report: Report, tmp_path: Path) -> None:
    arrays = tmp_path / "votes.npz"
    measured(sys.executable, "rating_engines.py", "write", arrays, SIZES[1], 200)
    row = measured(sys.executable, "rating_engines.py", "bootstrap", arrays, 1000)
    report(
        "1,000 resamples, each fitted to convergence, 200 models, 10M votes",
        [{"wall s": row["wall"], "processor s": row["cpu"], "peak MB": row["peak"]}],
    )
    assert row["wall"] < 6


def test_growth(report: Report, tmp_path: Path) -> None:
    for models, votes in [
        *((200, 10**power) for power in (4, 5, 6, 7)),
        *((models, 1_000_000) for models in (20, 200, 2000)),
    ]:
        arrays = tmp_path / f"{models}-{votes}.npz"
        measured(sys.executable, "rating_engines.py", "write", arrays, votes, models)
        row = measured(sys.executable, "rating_engines.py", "ours", arrays)
        report(
            "Growth with votes and models",
            [
                {
                    "models": models,
                    "votes": votes,
                    "count s": row["load"],
                    "fit s": row["fit"],
                    "peak MB": row["peak"],
                }
            ],
        )
        arrays.unlink()
