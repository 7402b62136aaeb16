"""Run the attack simulator: print detection rates, and how far the board moves, by each defence."""

from argparse import ArgumentParser
from collections.abc import Sequence
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand, CommandError

from arena.integrity.simulator import (
    ATTACKS,
    HONEST,
    World,
    make_world,
    make_young_world,
)
from arena.integrity.simulator.key import ATTACK_KEY
from arena.integrity.simulator.voters.attacks import BY_TIES
from arena.integrity.simulator.voters.figures import (
    FEW_VOTES,
    LOOKS,
    attack_figures,
    found_within,
    group_figures,
    honest_figures,
    honest_targets,
)
from arena.integrity.simulator.world import Moved

SYBILS = 200
DEFENCES = ("none", "Fisher", "filter", "ours")
ON_YOUNG = ("none", "ours")
MOVED = [f"moved: {name}" for name in DEFENCES] + [f"young board: {name}" for name in ON_YOUNG]


class Command(BaseCommand):
    help = "Simulate honest voters and attacks on a board; write nothing to the database."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("attacks", nargs="*", metavar="ATTACK", help="all if none is named")
        parser.add_argument("--key", action="store_true", help="print what each attack does")
        parser.add_argument("--models", type=int, default=100)
        parser.add_argument("--board-votes", type=int, default=200_000)
        parser.add_argument("--voters", type=int, default=500, help="of each kind")
        parser.add_argument("--votes", type=int, default=150, help="of each attacker")
        parser.add_argument("--honest-voters", type=int, default=500, help="of each kind")
        parser.add_argument("--honest-votes", type=int, default=150, help="of each honest voter")
        parser.add_argument("--alpha", type=float, default=0.01)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        attacks = options["attacks"] or list(ATTACKS)
        if unknown := set(attacks) - set(ATTACKS):
            raise CommandError(f"No such attack: {', '.join(unknown)}. Known: {', '.join(ATTACKS)}")
        if options["key"]:
            self._head("attack", "what it does")
            for name in attacks:
                self._row(name, ATTACK_KEY[name])
            return
        seed = options["seed"]
        world = make_world(options["models"], votes=options["board_votes"], seed=seed)
        boards = world, make_young_world(seed=seed)
        # Not the boards' seed: the voters' random numbers must not depend on the models' strengths.
        setting = {"alpha": options["alpha"], "seed": seed + 1}
        self._honest(world, (options["honest_voters"], options["honest_votes"]), setting)
        by_ties = [name for name in attacks if name in BY_TIES]
        self._by_ties(world, by_ties, options["voters"], setting)
        many = [name for name in attacks if name not in FEW_VOTES]
        self._attacks(boards, many, (options["voters"], options["votes"]), setting)
        self._sybils(boards, [name for name in attacks if name in FEW_VOTES], setting)

    def _honest(self, world: World, shape: tuple[int, int], setting: dict[str, Any]) -> None:
        self._head("honest voters", "held", "held by Fisher", "votes lost to the filter")
        for kind in HONEST:
            figures = honest_figures(world, kind, *shape, **setting)
            shares = (figures.held, figures.held_by_fisher, figures.lost_to_filter)
            self._row(kind, *(f"{share:.2%}" for share in shares))

    def _by_ties(
        self, world: World, names: Sequence[str], voters: int, setting: dict[str, Any]
    ) -> None:
        looks = (f"detected within {look} votes" for look in LOOKS)
        self._head("attack by ties", *looks, "median votes before detection")
        for name in names:
            shares, median = found_within(world, name, voters, **setting)
            after = "never" if np.isnan(median) else f"{median:.0f}"
            self._row(name, *(f"{share:.1%}" for share in shares), after)

    def _attacks(
        self,
        boards: tuple[World, World],
        names: Sequence[str],
        shape: tuple[int, int],
        setting: dict[str, Any],
    ) -> None:
        together = (
            "coordinated (10 accounts): detection rate",
            "young board: coordinated",
            "honest voters identified",
        )
        alone = ("detection rate", "by Fisher", "median votes before detection")
        self._head("attack", *alone, "mean votes before detection", *together, *MOVED)
        honest = [honest_targets(board, **setting) for board in boards] if names else []
        for name in names:
            here, young = (
                attack_figures(board, name, *shape, honest=targets, **setting)
                for board, targets in zip(boards, honest, strict=True)
            )
            after = "never" if np.isnan(here.after) else f"{here.after:.0f}"
            detected = f"{here.detected:.1%}", f"{here.detected_by_fisher:.1%}", after
            named = f"{here.coordinated:.0%}", f"{young.coordinated:.0%}"
            bystanders = f"{max(here.bystanders, young.bystanders):.2%}"
            moves = _moves(here.moved, young.moved)
            self._row(
                name, *detected, f"{here.votes_before_detection:.0f}", *named, bystanders, *moves
            )

    def _sybils(
        self, boards: tuple[World, World], names: Sequence[str], setting: dict[str, Any]
    ) -> None:
        self._head("sybils in a crowd", "detection rate", "precision", "detected alone", *MOVED)
        for name in names:
            here, young = (group_figures(board, name, SYBILS, **setting) for board in boards)
            shares = (here.recall, here.precision, here.found_alone)
            moves = _moves(here.moved, young.moved)
            self._row(name, *(f"{share:.1%}" for share in shares), *moves)

    def _head(self, *columns: str) -> None:
        self.stdout.write("")
        self._row(*columns)
        self._row(*("---" for _ in columns))

    def _row(self, *cells: str) -> None:
        self.stdout.write(f"| {' | '.join(cells)} |")
        self.stdout.flush()


def _moves(here: dict[str, Moved], young: dict[str, Moved]) -> list[str]:
    """Ranks and points on the established board by each defence, then on the young one."""
    cells = [here[name] for name in DEFENCES] + [young[name] for name in ON_YOUNG]
    return [f"{ranks:+d}, {points:+.1f}" for ranks, points in cells]
