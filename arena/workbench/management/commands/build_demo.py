"""Fill an empty site with simulated life."""

from argparse import ArgumentParser
from dataclasses import fields
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.workbench.demo.build import Builder, HasRealVotesError
from arena.workbench.demo.plan import Plan
from arena.workbench.demo.population.workers import Crew


class Command(BaseCommand):
    help = "Fills an empty site with simulated voters, votes, cases and exports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("base_url", help="address of the fake endpoint")
        for field in fields(Plan):
            parser.add_argument(f"--{field.name}", type=int, default=field.default)

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan(**{field.name: options[field.name] for field in fields(Plan)})
        with Crew(plan.seed) as crew:
            try:
                Builder(plan, options["base_url"], crew.begin, self.stdout.write).build()
            except HasRealVotesError as error:
                raise CommandError(str(error)) from error
