"""Compute voters' evidence again from the record and say where it is not what is kept."""

import uuid
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.integrity.replay import replay, voters_between

ALL = uuid.UUID(int=0), uuid.UUID(int=2**128 - 1)


class Command(BaseCommand):
    help = "Replays the evidence of all voters, or of some; fails if any differs from the record."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("voters", nargs="*", type=uuid.UUID, metavar="VOTER", help="an id")

    def handle(self, *args: Any, **options: Any) -> None:
        voters = options["voters"] or voters_between(*ALL)
        differences = 0
        for voter_id in voters:
            for difference in replay(voter_id):
                self.stdout.write(str(difference))
                differences += 1
        if differences:
            raise CommandError(
                f"{differences} differences in the evidence of {len(voters)} voters."
            )
        self.stdout.write(f"The evidence of {len(voters)} voters follows from the record.")
