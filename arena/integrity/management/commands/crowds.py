"""Print how many honest votes count: on ordinary days, in crowds, and beside farms."""

from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.integrity.simulator.cache import Cache
from arena.integrity.simulator.site.boards import BOARDS, TARGET, site_on
from arena.integrity.simulator.site.farms import Site
from arena.integrity.simulator.site.honest_days import CROWDS, Share


class Command(BaseCommand):
    help = "Simulates honest voters; nothing is written to the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("crowds", nargs="*", metavar="CROWD", help="all if none is named")
        parser.add_argument("--worlds", type=int, default=5)
        parser.add_argument("--seed", type=int, default=1, help="of the first world")
        parser.add_argument(
            "--cache",
            type=Path,
            default=Path("build/attack-simulator"),
            help="folder of figures that were found before by the same code",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["crowds"] or list(CROWDS)
        if unknown := set(names) - set(CROWDS):
            raise CommandError(f"No such crowd: {', '.join(unknown)}. Known: {', '.join(CROWDS)}")
        self._found = Cache(options["cache"], "crowds")
        self._sites: dict[tuple[str, int], Site] = {}
        seeds = range(options["seed"], options["seed"] + options["worlds"])
        self._row("honest votes", "of", *BOARDS)
        self._row(*["---"] * (2 + len(BOARDS)))
        for name in names:
            found = {board: [self._shares(board, name, seed) for seed in seeds] for board in BOARDS}
            for part in next(iter(found.values()))[0]:
                cells = [_cell([shares[part] for shares in found[board]]) for board in BOARDS]
                self._row(name, part, *cells)

    def _shares(self, board: str, name: str, seed: int) -> dict[str, Share]:
        key = f"{board}, {name}, seed {seed}"
        if (known := self._found.get(key)) is not None:
            return {part: Share(**share) for part, share in known.items()}
        if (board, seed) not in self._sites:
            self._sites[board, seed] = site_on(board, seed)
        site, traffic = self._sites[board, seed], BOARDS[board][1]
        shares = CROWDS[name](site, traffic, TARGET, seed)
        self._found.keep(key, {part: asdict(share) for part, share in shares.items()})
        return shares

    def _row(self, *cells: str) -> None:
        self.stdout.write(f"| {' | '.join(cells)} |")
        self.stdout.flush()


def _cell(shares: list[Share]) -> str:
    """Of the votes of all worlds, and the worst world; of intervals the widest."""
    votes = sum(share.votes for share in shares)
    if not votes:
        return f"{max(share.value for share in shares):.3f} times"
    together = sum(share.value * share.votes for share in shares) / votes
    worst = min(share.value for share in shares)
    return f"{together:.1%} of {votes:,}, worst {worst:.1%}"
