"""Print the worked example of docs/integrity.md."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand

from arena.integrity.simulator.example import steps

HEAD = (
    "vote",
    "G against",
    "predicted share for G",
    "honest, at most",
    "e-value of the picks",
    "of the choice of battles",
    "product",
)


class Command(BaseCommand):
    help = "Print the evidence about a simulated rigger, vote by vote, until the votes are held."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--votes", type=int, default=30, help="at most")
        parser.add_argument("--alpha", type=float, default=0.01)

    def handle(self, *args: Any, **options: Any) -> None:
        self._row(*HEAD)
        self._row(*("---" for _ in HEAD))
        for number, step in enumerate(steps(options["votes"]), start=1):
            shares = f"{step.predicted:.0%}", f"{step.honest:.0%}"
            values = (f"{value:.3g}" for value in (step.picks, step.choice, step.e_value))
            self._row(str(number), step.opponent, *shares, *values)
            if step.e_value >= 1 / options["alpha"]:
                break

    def _row(self, *cells: str) -> None:
        self.stdout.write(f"| {' | '.join(cells)} |")
