"""Print what newcomers pay for battles on a day on which a farm floods the site."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from arena.integrity.simulator.site.boards import BOARDS, TARGET, site_on
from arena.integrity.simulator.site.floods import (
    FLOODS,
    FloodFigures,
    flooded,
    opened_by_one_core,
)
from arena.voters.throttling.price import DAY, Allowance

SPANS = {"4 minutes": 240.0, "an hour": 3600.0, "a day": DAY, "a week": 7 * DAY}
COLUMNS = (
    "site",
    "sybils",
    "battles they open",
    "core hours they pay",
    "phone seconds, newcomers elsewhere",
    "in the flooded network",
    "on an ordinary day",
    "battles that cost anything then",
    "votes of newcomers elsewhere that count",
)


class Command(BaseCommand):
    help = "Simulates floods of newcomers among ordinary ones; nothing is written to the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--sybils", type=int, default=1000)
        parser.add_argument("--worlds", type=int, default=5)
        parser.add_argument("--seed", type=int, default=1, help="of the first world")

    def handle(self, *args: Any, **options: Any) -> None:
        sybils = options["sybils"]
        seeds = range(options["seed"], options["seed"] + options["worlds"])
        self._row(*COLUMNS)
        self._row(*["---"] * len(COLUMNS))
        for board in BOARDS:
            sites = {seed: site_on(board, seed) for seed in seeds}
            for flood in FLOODS:
                worlds = [
                    flooded(site, flood, target=TARGET, seed=seed, sybils=sybils)
                    for seed, site in sites.items()
                ]
                self._row(board, f"{sybils:,}, {flood}", *_cells(worlds))
        self.stdout.write("\nBattles that one core opens from one network, each as a new guest\n")
        for name, seconds in SPANS.items():
            self.stdout.write(f"in {name}: {opened_by_one_core(seconds, Allowance()):,}")

    def _row(self, *cells: str) -> None:
        self.stdout.write(f"| {' | '.join(cells)} |")
        self.stdout.flush()


def _cells(worlds: list[FloodFigures]) -> list[str]:
    """Of the worst world for honest voters, and of the cheapest for the farm."""
    inside = max(found.inside for found in worlds)
    return [
        f"{worlds[0].opened:,}",
        f"{min(found.core_hours for found in worlds):,.1f}",
        f"{max(found.elsewhere for found in worlds):.1f}",
        f"{inside:.0f}" if inside else "-",
        f"{max(found.ordinary for found in worlds):.1f}",
        f"{max(found.asked for found in worlds):.2%}",
        f"{min(found.counted for found in worlds):.1%}",
    ]
