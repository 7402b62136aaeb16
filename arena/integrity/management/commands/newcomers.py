"""Print after how many votes farms are found by the test of newcomers, and that crowds are not."""

from argparse import ArgumentParser
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from arena.integrity.simulator.site.boards import MODELS, TARGET
from arena.integrity.simulator.site.days import ESTABLISHED, YOUNG
from arena.integrity.simulator.site.farms import FARMS
from arena.integrity.simulator.site.newcomers import Found, NewcomersSite, community

SITES = {
    "established": (1.0, ESTABLISHED, 200_000, 365),
    "young": (0.3, YOUNG, 0, 1),
}
"""Standard deviation of the models' strengths in log-odds, traffic, earlier votes, age in days."""

COLUMNS = (
    "detected",
    "rigged votes before detection",
    "rigged held",
    "honest newcomers held",
    "honest of held",
    "estimated",
)


class Command(BaseCommand):
    help = "Simulates farms, or honest crowds, among newcomers; nothing is written to the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("farms", nargs="*", metavar="FARM", help="all if none is named")
        parser.add_argument("--votes", type=int, default=1000, help="rigging votes")
        parser.add_argument("--worlds", type=int, default=5)
        parser.add_argument("--seed", type=int, default=1, help="of the first world")
        parser.add_argument(
            "--crowds", action="store_true", help="a world for each honest crowd, and no farm"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["farms"] or list(FARMS)
        if unknown := set(names) - set(FARMS):
            raise CommandError(f"No such farm: {', '.join(unknown)}. Known: {', '.join(FARMS)}")
        seeds = range(options["seed"], options["seed"] + options["worlds"])
        if options["crowds"]:
            for site in SITES:
                cases = sum(_crowd(site, seed) for seed in seeds)
                self.stdout.write(f"{site}: {cases} cases in {len(seeds)} fortnights")
            return
        self._row("farm", *(f"{site}: {name}" for site in SITES for name in COLUMNS))
        self._row(*["---"] * (1 + len(SITES) * len(COLUMNS)))
        worlds = {(site, seed): _site(site, seed) for site in SITES for seed in seeds}
        for name in names:
            cells: list[str] = []
            for site in SITES:
                found = [
                    worlds[site, seed].attacked(
                        FARMS[name], options["votes"], target=TARGET, seed=seed
                    )
                    for seed in seeds
                ]
                cells += _cells(found)
            self._row(name, *cells)

    def _row(self, *cells: str) -> None:
        self.stdout.write(f"| {' | '.join(cells)} |")
        self.stdout.flush()


def _truth(site: str, seed: int) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    strengths = SITES[site][0] * np.random.default_rng(seed).standard_normal(MODELS)
    return np.sort(strengths - strengths.mean())[::-1]


def _site(site: str, seed: int) -> NewcomersSite:
    _, traffic, before, number = SITES[site]
    return NewcomersSite.of(_truth(site, seed), traffic, seed=seed, before=before, number=number)


def _crowd(site: str, seed: int) -> int:
    """How many cases a community raises."""
    crowd = community(_truth(site, seed), SITES[site][1], np.random.default_rng([seed, 5]))
    return len(_site(site, seed).visited(crowd))


def _cells(found: list[Found]) -> list[str]:
    """How many are found; the median until then; the least held of the rigged, the most of the
    honest, and means of the last two."""
    detected = [each for each in found if each.after is not None]
    if not detected:
        return [f"0 of {len(found)}", *["none"] * (len(COLUMNS) - 1)]
    return [
        f"{len(detected)} of {len(found)}",
        f"{np.median([each.after for each in detected if each.after is not None]):.0f}",
        f"{min(each.held for each in found):.0%}",
        f"{max(each.honest_held for each in found):.2%}",
        f"{np.mean([each.honest_share for each in detected]):.1%}",
        f"{np.mean([each.told_share for each in detected]):.1%}",
    ]
