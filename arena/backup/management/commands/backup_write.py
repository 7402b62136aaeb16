"""`manage.py backup_write --dump-bytes N < DUMP > FILE`: what `make backup` calls."""

import sys
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.backup import services


class Command(BaseCommand):
    help = "Write a backup to standard output, from a database dump on standard input."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--dump-bytes", type=int, required=True, metavar="N")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = services.write(sys.stdout.buffer, sys.stdin.buffer, options["dump_bytes"])
            sys.stdout.buffer.flush()
        except OSError as error:
            raise CommandError(f"The backup was broken off: {error}") from error
        self.stderr.write(f"{done.exports} exports and {done.images} images in the backup")
        for name in done.missing:
            self.stderr.write(f"WARNING: {name} is missing or damaged on this site")
