"""Benchmarks print tables at the end of the run, and append them to build/bench-results.ndjson."""

import json
import os
import platform
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import pytest
from threadpoolctl import threadpool_limits

from arena.contestants.models import Contestant
from arena.voters.models import Member
from tests.api.boards import publish_boards
from tests.factories import Registered
from tests.pages.own import make_member

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "bench-results.ndjson"
PEERS_PYTHON = ROOT / "build" / "bench" / "bin" / "python"
LONGEST_SECONDS = 7200 if os.environ.get("ARENA_TEST_BENCH_FULL") else 1200

Cell = str | int | float
Row = Mapping[str, Cell]
Rows = Sequence[Row]
Report = Callable[[str, Rows], None]

_tables = pytest.StashKey[dict[str, list[Row]]]()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.timeout(LONGEST_SECONDS))


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Call it with a title and rows (column → value); tables of the same title grow."""
    tables = request.config.stash.setdefault(_tables, {})

    def add(title: str, rows: Rows) -> None:
        tables.setdefault(title, []).extend(rows)

    return add


@pytest.fixture(scope="session")
def peers_python() -> Path:
    """The Python that has the peers (arena-rank, evalica), to run scripts with."""
    if not PEERS_PYTHON.exists():
        pytest.fail(f"{PEERS_PYTHON} is missing: run `make bench`, which installs the peers.")
    return PEERS_PYTHON


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    tables = terminalreporter.config.stash.get(_tables, {})
    for title, rows in tables.items():
        terminalreporter.section(title, sep="-")
        for line in formatted(rows):
            terminalreporter.write_line(line)
    if tables:
        _keep(tables)
        terminalreporter.write_line(f"\nAppended to {RESULTS.relative_to(ROOT)}")


def formatted(rows: Rows) -> list[str]:
    """A table of plain text, numbers to three figures and aligned on the right."""
    columns = list(dict.fromkeys(name for row in rows for name in row))
    cells = [columns, *([_text(row.get(name, "")) for name in columns] for row in rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(len(columns))]
    is_number = [all(not isinstance(row.get(name, 0), str) for row in rows) for name in columns]
    return [
        "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(line, widths, is_number, strict=True)
        ).rstrip()
        for line in cells
    ]


def _text(value: Cell) -> str:
    if isinstance(value, float):
        return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
    return f"{value:,}" if isinstance(value, int) else value


def _keep(tables: Mapping[str, list[Row]]) -> None:
    commit = subprocess.run(
        ["git", "describe", "--always", "--dirty"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    run = {
        "at": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        "commit": commit.stdout.strip(),
        "python": platform.python_version(),
        "cores": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "tables": tables,
    }
    RESULTS.parent.mkdir(exist_ok=True)
    with RESULTS.open("a") as file:
        file.write(json.dumps(run) + "\n")


@pytest.fixture
def rated(contestant: Registered) -> list[Contestant]:
    """Four contestants with votes on two boards, fitted and published."""
    return publish_boards(contestant)


@pytest.fixture
def member(contestant: Registered) -> Member:
    """A member with a short history on a site with three contestants and a published board."""
    return make_member(contestant)


@pytest.fixture
def one_blas_thread() -> Iterator[None]:
    """As the site's processes have it."""
    with threadpool_limits(1):
        yield
