"""Fill an empty site with simulated life."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.workbench.demo.build import Builder, HasRealVotesError
from arena.workbench.demo.plan import Plan


class Command(BaseCommand):
    help = "Fills an empty site with simulated voters, votes, cases and exports."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("base_url", help="address of the fake endpoint")
        usual = Plan()
        parser.add_argument("--days", type=int, default=usual.days)
        parser.add_argument("--votes", type=int, default=usual.votes)
        parser.add_argument("--voters", type=int, default=usual.voters)

    def handle(self, *args: Any, **options: Any) -> None:
        plan = Plan(days=options["days"], votes=options["votes"], voters=options["voters"])
        try:
            Builder(plan, options["base_url"], self.stdout.write).build()
        except HasRealVotesError as error:
            raise CommandError(str(error)) from error
