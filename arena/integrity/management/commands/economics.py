"""Print what each attack costs for 10 points, one rank and first place, before and after."""

from argparse import ArgumentParser
from collections.abc import Callable, Iterator
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.integrity.simulator.cache import Cache
from arena.integrity.simulator.site.boards import BOARDS, TARGET, site_on
from arena.integrity.simulator.site.economics import (
    GOALS,
    GRID,
    Effort,
    Prices,
    Tried,
    effort_of,
    least_votes,
    try_attack,
)
from arena.integrity.simulator.site.gangs import ATTACKS, Town

COLUMNS = ("votes", "battles", "accounts", "networks", "CPU seconds", "dollars")
TIMES = ("before", "after")
ALPHA = 0.01


class Command(BaseCommand):
    help = "Searches what attacks need and cost in the simulator; nothing is written to the site."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("attacks", nargs="*", metavar="ATTACK", help="all if none is named")
        parser.add_argument("--board", choices=BOARDS, help="both if none is named")
        parser.add_argument("--worlds", type=int, default=3)
        parser.add_argument("--seed", type=int, default=1, help="of the first world")
        parser.add_argument(
            "--classifier",
            type=float,
            help="share of the battles in which every attack recognises its target",
        )
        parser.add_argument("--most", type=int, default=GRID[-1], help="votes that are searched")
        for name, price in asdict(Prices()).items():
            option = f"--{name.replace('_', '-')}"
            parser.add_argument(option, type=float, default=price, help="default: %(default)s")
        parser.add_argument(
            "--cache",
            type=Path,
            default=Path("build/attack-simulator"),
            help="folder of figures that were found before by the same code",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        names = options["attacks"] or ATTACKS
        if unknown := set(names) - set(ATTACKS):
            raise CommandError(f"No such attack: {', '.join(unknown)}. Known: {', '.join(ATTACKS)}")
        self._classifier: float | None = options["classifier"]
        of = "" if self._classifier is None else f"-{self._classifier}"
        self._found = Cache(options["cache"], f"economics{of}")
        self._towns: dict[tuple[str, int], Town] = {}
        self._seeds = range(options["seed"], options["seed"] + options["worlds"])
        self._grid = [*(votes for votes in GRID if votes < options["most"]), options["most"]]
        self._prices = Prices(**{name: options[name] for name in asdict(Prices())})
        for board in [options["board"]] if options["board"] else BOARDS:
            self.stdout.write(f"\n{board}\n")
            columns = ("attack", "to move by", *(f"{when}: {x}" for when in TIMES for x in COLUMNS))
            self._row(*columns)
            self._row(*["---"] * len(columns))
            for name in names:
                for row in self._rows(board, name):
                    self._row(*row)

    def _rows(self, board: str, name: str) -> Iterator[list[str]]:
        """One row for each goal; those that need the most votes at either time share one."""
        found = {
            goal: [self._votes(board, name, goal, weighed=when == "after") for when in TIMES]
            for goal in GOALS
        }
        beyond = [goal for goal, votes in found.items() if votes == [None, None]]
        for goal, votes in found.items():
            if goal not in beyond:
                yield [name, goal, *self._costs(board, name, votes)]
        if beyond:
            goals = "any" if len(beyond) == len(GOALS) else ", ".join(beyond)
            yield [name, goals, *self._costs(board, name, [None, None])]

    def _votes(self, board: str, name: str, goal: str, *, weighed: bool) -> int | None:
        """The least votes that reach a goal in most worlds; None if none of those searched do."""

        def reached(votes: int) -> bool:
            tried = [self._try(board, name, votes, seed, weighed) for seed in self._seeds]
            return sum(found.reaches(goal) for found in tried) > len(tried) / 2

        return least_votes(reached, self._grid)

    def _costs(self, board: str, name: str, votes: list[int | None]) -> Iterator[str]:
        """What votes take before and after; of goals beyond reach what the most votes take."""
        for when, needed in zip(TIMES, votes, strict=True):
            most = needed or self._grid[-1]
            takes = Effort.mean([self._takes(board, name, most, seed) for seed in self._seeds])
            if when == "before":
                takes = replace(takes, iterations=0)  # asked of nobody who was patient
            yield f"{takes.votes:,}" if needed else f"not with {takes.votes:,}"
            yield from (f"{n:,}" for n in (takes.opened, takes.accounts, takes.networks))
            yield f"{self._prices.seconds(takes):,.0f}"
            yield f"{self._prices.money(takes):,.2f}"

    def _try(self, board: str, name: str, votes: int, seed: int, weighed: bool) -> Tried:
        when = TIMES[weighed]

        def found() -> Tried:
            return try_attack(self._town(board, seed), name, votes, target=TARGET, weighed=weighed)

        return Tried(**self._cached(f"{board}, {name}, {votes} votes, seed {seed}, {when}", found))

    def _takes(self, board: str, name: str, votes: int, seed: int) -> Effort:
        def found() -> Effort:
            town = self._town(board, seed)
            return effort_of(town.cast(name, votes, target=TARGET).votes, town.site.votes)

        return Effort(**self._cached(f"{board}, {name}, {votes} votes, seed {seed}, effort", found))

    def _cached(self, key: str, found: Callable[[], Tried | Effort]) -> dict[str, Any]:
        known: dict[str, Any] | None = self._found.get(key)
        if known is None:
            known = asdict(found())
            self._found.keep(key, known)
        return known

    def _town(self, board: str, seed: int) -> Town:
        if (board, seed) not in self._towns:
            self._towns[board, seed] = Town(
                site_on(board, seed), alpha=ALPHA, seed=seed, classifier=self._classifier
            )
        return self._towns[board, seed]

    def _row(self, *cells: str) -> None:
        self.stdout.write(f"| {' | '.join(cells)} |")
        self.stdout.flush()
