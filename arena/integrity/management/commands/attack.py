"""Run the attack range and print who is caught, and how far the board moves, by each detector."""

from argparse import ArgumentParser
from typing import Any

import numpy as np
from django.core.management.base import BaseCommand

from arena.integrity.core.attack_range import (
    ATTACKS,
    DETECTORS,
    HONEST,
    World,
    make_world,
    run_attack,
    run_honest,
    shift,
)


class Command(BaseCommand):
    help = "Simulates honest voters and riggers on a pool of models; nothing is written anywhere."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("attacks", nargs="*", metavar="ATTACK", help="all if none is named")
        parser.add_argument("--models", type=int, default=100)
        parser.add_argument("--board-votes", type=int, default=200_000)
        parser.add_argument("--voters", type=int, default=500, help="of each kind")
        parser.add_argument("--votes", type=int, default=150, help="of each voter")
        parser.add_argument("--alpha", type=float, default=0.01)
        parser.add_argument("--seed", type=int, default=1)

    def handle(self, *args: Any, **options: Any) -> None:
        world = make_world(options["models"], votes=options["board_votes"], seed=options["seed"])
        self._honest(world, options)
        self._attacks(world, options)

    def _honest(self, world: World, options: dict[str, Any]) -> None:
        self.stdout.write("| honest voters | detector | held | votes lost |\n|---|---|---|---|")
        for kind in HONEST:
            run = run_honest(world, kind, options["voters"], options["votes"], seed=options["seed"])
            for name, detector in DETECTORS.items():
                verdict = detector(world, run, options["alpha"])
                held, lost = np.mean(verdict.caught > 0), 1 - verdict.kept.mean()
                self.stdout.write(f"| {kind} | {name} | {held:.2%} | {lost:.2%} |")

    def _attacks(self, world: World, options: dict[str, Any]) -> None:
        self.stdout.write(
            "\n| attack | detector | caught | median votes until then | "
            "ranks and points that ten voters move one target |\n|---|---|---|---|---|"
        )
        for attack in options["attacks"] or ATTACKS:
            shape = (options["voters"], options["votes"])
            run = run_attack(world, attack, *shape, seed=options["seed"])
            gang = run_attack(
                world,
                attack,
                10,
                options["votes"],
                target=world.models * 2 // 5,
                seed=options["seed"],
            )
            for name, detector in DETECTORS.items():
                caught = detector(world, run, options["alpha"]).caught
                after = f"{np.median(caught[caught > 0]):.0f}" if caught.any() else "never"
                kept = detector(world, gang, options["alpha"]).kept
                ranks, points = shift(
                    world, int(gang.target[0]), gang.a[kept], gang.b[kept], gang.outcome[kept]
                )
                self.stdout.write(
                    f"| {attack} | {name} | {np.mean(caught > 0):.1%} | {after} | "
                    f"{ranks:+d}, {points:+.1f} |"
                )
