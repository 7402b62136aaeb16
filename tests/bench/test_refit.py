"""A refit reads counts: its time does not grow with the votes, and many boards do not delay one."""

import time
from datetime import UTC, datetime

import pytest

from arena.leaderboards.boards import boards_named, register_boards
from arena.leaderboards.fitting import refit, refit_changed
from arena.leaderboards.models import Board, Leaderboard, Pairing, Style, Window
from arena.leaderboards.variants import due_variants
from tests.bench.conftest import Report
from tests.bench.counts import MODELS, contestants, fill

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("one_blas_thread")]

ROUNDS = 9


def refit_seconds(boards: list[Board], style: Style) -> list[float]:
    """The best time of a whole refit (read, fit, keep) of each board, measured turn by turn."""
    times: list[list[float]] = [[] for _ in boards]
    for _ in range(ROUNDS):
        for board, taken in zip(boards, times, strict=True):
            Leaderboard.objects.all().delete()
            started = time.perf_counter()
            refit(board, style)
            taken.append(time.perf_counter() - started)
    return [min(taken) for taken in times]


def test_refit_time_does_not_grow_with_votes(report: Report) -> None:
    register_boards()
    few, many = boards_named(["code", "mathematics"])
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
    register_boards()
    slugs = ["overall", *(f"lang-x{number:02}" for number in range(29))]
    boards = boards_named(slugs)
    models = contestants(MODELS)
    for board in boards:
        fill(board, models, 200_000, list(Window))
    started = time.perf_counter()
    due = list(due_variants())
    listing = time.perf_counter() - started
    assert len(due) == 30 * len(Style) * len(Window)
    started = time.perf_counter()
    assert refit_changed(seconds=600)
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
