"""Print what farms and gangs of accounts move with and without weights, and what they take."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.integrity.simulator.cache import Cache
from arena.integrity.simulator.site.boards import BOARDS, TARGET, site_on
from arena.integrity.simulator.site.farms import FarmFigures
from arena.integrity.simulator.site.gangs import ATTACKS, Town

ALPHA = 0.01


class Command(BaseCommand):
    help = "Simulates farms of accounts among ordinary voters; nothing is written to the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("farms", nargs="*", metavar="FARM", help="all if none is named")
        parser.add_argument("--votes", type=int, default=1000, help="rigging votes")
        parser.add_argument("--worlds", type=int, default=5)
        parser.add_argument("--seed", type=int, default=1, help="of the first world")
        parser.add_argument(
            "--cache",
            type=Path,
            default=Path("build/attack-simulator"),
            help="folder of figures that were found before by the same code",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["farms"] or ATTACKS
        if unknown := set(names) - set(ATTACKS):
            raise CommandError(f"No such farm: {', '.join(unknown)}. Known: {', '.join(ATTACKS)}")
        self._found = Cache(options["cache"], "farms")
        self._towns: dict[tuple[str, int], Town] = {}
        seeds = range(options["seed"], options["seed"] + options["worlds"])
        self._row("farm", "accounts", "opened", *(f"{b}: {x}" for b in BOARDS for x in COLUMNS))
        self._row(*["---"] * (3 + len(BOARDS) * len(COLUMNS)))
        for name in names:
            cells: list[str] = []
            for board in BOARDS:
                figures = [self._figures(board, name, options["votes"], seed) for seed in seeds]
                if not cells:
                    cells = [f"{figures[0].accounts:,}", f"{figures[0].opened:,}"]
                cells += _cells(figures)
            self._row(name, *cells)

    def _figures(self, board: str, name: str, votes: int, seed: int) -> FarmFigures:
        key = f"{board}, {name}, {votes} votes, seed {seed}"
        if (known := self._found.get(key)) is not None:
            moved = {name: (int(known[name][0]), float(known[name][1])) for name in _MOVED}
            return FarmFigures(**known | moved)
        if (board, seed) not in self._towns:
            self._towns[board, seed] = Town(site_on(board, seed), alpha=ALPHA, seed=seed)
        found = self._towns[board, seed].attacked(name, votes, target=TARGET)
        self._found.keep(key, asdict(found))
        return found

    def _row(self, *cells: str) -> None:
        self.stdout.write(f"| {' | '.join(cells)} |")
        self.stdout.flush()


COLUMNS = ("held", "all alike", "weighed", "honest votes that count", "of newcomers")


def _cells(figures: list[FarmFigures]) -> list[str]:
    """The least shares of all worlds; ranks and points, those of the world that is moved most."""
    plain = max((found.plain for found in figures), key=lambda moved: abs(moved[1]))
    weighed = max((found.weighed for found in figures), key=lambda moved: abs(moved[1]))
    return [
        f"{min(found.held for found in figures):.0%}",
        *(f"{ranks:+d}, {points:+.1f}" for ranks, points in (plain, weighed)),
        f"{min(found.counted for found in figures):.1%}",
        f"{min(found.newcomers for found in figures):.1%}",
    ]


_MOVED = ("plain", "weighed")
