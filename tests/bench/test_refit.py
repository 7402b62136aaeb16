"""A refit reads counts: its time does not grow with the votes, and many boards do not delay one."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from arena.contestants.models import Contestant
from ratings import core, services
from ratings.models import Board, Leaderboard, Pairing, PairTotal, Style, Window
from ratings.selectors import due_variants
from tests.bench.conftest import Report
from tests.factories import enter

pytestmark = pytest.mark.django_db

MODELS = 50
ROUNDS = 9


@pytest.fixture(autouse=True)
def _one_blas_thread() -> Iterator[None]:
    """As the site's processes have it."""
    with threadpool_limits(1):
        yield


def contestants(number: int) -> list[Contestant]:
    return enter(
        [
            Contestant(
                slug=f"model-{place:03}",
                name=f"Model {place:03}",
                organisation=f"Maker {place // 3}",
                licence="Apache-2.0",
                description="For a benchmark.",
                state=Contestant.State.ACTIVE,
            )
            for place in range(number)
        ]
    )


def fill(board: Board, models: list[Contestant], votes: int, windows: list[Window]) -> None:
    """Counts of this many simulated votes, written as they would stand after counting them."""
    rng = np.random.default_rng(votes)
    ids = np.array(sorted(model.pk for model in models))
    strengths = rng.normal(0, 0.7, len(ids))
    first, second = np.triu_indices(len(ids), 1)
    p = 1 / (1 + np.exp(strengths[second] - strengths[first]))
    style = rng.dirichlet(np.full(core.GRID.cells, 0.3))
    rows = []
    for i, j, chance in zip(first, second, p, strict=True):
        shares = np.array([chance * 0.75, (1 - chance) * 0.75, 0.25])
        cells = rng.multinomial(votes // len(first), np.outer(style, shares).ravel())
        wins, losses, drawn = cells.reshape(-1, 3).sum(axis=0).tolist()
        held = np.zeros(core.GRID.ranges)
        np.add.at(held, core.GRID.of_cells(), cells.reshape(-1, 3).sum(axis=1)[:, None])
        middle = np.concatenate([np.arange(n) - n // 2 for n in core.GRID.shape])
        sums = (300 * middle * held).astype(int).tolist()
        rows += [
            PairTotal(
                board=board,
                window=window,
                first_id=ids[i],
                second_id=ids[j],
                first_wins=wins,
                second_wins=losses,
                ties=drawn,
                cells=cells.tolist(),
                sums=sums,
                changes=votes // len(first),
            )
            for window in windows
        ]
    PairTotal.objects.bulk_create(rows, batch_size=500)


def refit_seconds(boards: list[Board], style: Style) -> list[float]:
    """The best time of a whole refit (read, fit, keep) of each board, measured turn by turn."""
    times: list[list[float]] = [[] for _ in boards]
    for _ in range(ROUNDS):
        for board, taken in zip(boards, times, strict=True):
            Leaderboard.objects.all().delete()
            started = time.perf_counter()
            services.refit(board, style)
            taken.append(time.perf_counter() - started)
    return [min(taken) for taken in times]


def test_refit_time_does_not_grow_with_votes(report: Report) -> None:
    services.register_boards()
    few, many = services.boards_named(["code", "mathematics"])
    models = contestants(MODELS)
    fill(few, models, 100_000, [Window.ALL])
    fill(many, models, 10_000_000, [Window.ALL])
    for style in Style:
        short, long = refit_seconds([few, many], style)
        report(
            f"Refit from PostgreSQL counts, {MODELS} contestants",
            [
                {
                    "style": style.value,
                    "100k votes, ms": round(1000 * short),
                    "10M votes, ms": round(1000 * long),
                    "ratio": round(long / short, 2),
                    "goal": "under 1.5",
                }
            ],
        )
        assert long / short < 1.5


def test_many_boards_do_not_delay_the_overall_one(report: Report) -> None:
    services.register_boards()
    slugs = ["overall", *(f"lang-x{number:02}" for number in range(29))]
    boards = services.boards_named(slugs)
    models = contestants(MODELS)
    for board in boards:
        fill(board, models, 200_000, list(Window))
    started = time.perf_counter()
    due = list(due_variants())
    listing = time.perf_counter() - started
    assert len(due) == 30 * len(Style) * len(Window)
    started = time.perf_counter()
    assert services.refit_changed(seconds=600)
    whole = time.perf_counter() - started
    overall = Leaderboard.objects.filter(board__slug="overall").order_by("-fitted_at")
    first, last = overall.last(), overall.first()
    assert first is not None
    assert last is not None
    longest = max(
        after.timestamp() - before.timestamp()
        for before, after in zip(
            *(
                Leaderboard.objects.order_by("fitted_at").values_list("fitted_at", flat=True)[part]
                for part in (slice(0, len(due) - 1), slice(1, len(due)))
            ),
            strict=True,
        )
    )
    report(
        f"All of 30 boards x 2 styles x 2 windows changed, {MODELS} contestants",
        [
            {
                "finding what is due, ms": round(1000 * listing),
                "all 120, s": round(whole, 1),
                "overall's four done after, s": round(
                    last.fitted_at.timestamp() - first.fitted_at.timestamp() + whole / 120, 2
                ),
                "longest wait of overall for another, s": round(longest, 2),
            }
        ],
    )
    assert Pairing.objects.filter(board__slug="overall").exists()
    assert datetime.now(UTC) > last.fitted_at
