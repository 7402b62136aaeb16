"""Check the moderators' audit log."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.moderation.audit import Head, faults, head


def head_of(text: str) -> Head:
    """A head in the words in which it is printed: number and digest."""
    number, _, digest = text.partition(":")
    if not number.isdecimal() or not digest:
        raise ArgumentTypeError("A head is a number and a digest, such as 12:9f86d0….")
    return Head(int(number), digest)


class Command(BaseCommand):
    help = "Check that no line of the audit log was altered, put in or taken out."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--head", type=head_of, help="A head that was printed or published earlier."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        found = list(faults(options["head"]))
        for fault in found:
            self.stderr.write(fault)
        if found:
            raise CommandError(f"The log is not as it was written: {len(found)} faults.")
        last = head()
        self.stdout.write(f"The log is whole: {last.number} lines. Its head is {last}")
