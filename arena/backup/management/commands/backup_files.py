"""`manage.py backup_files < FILE`: put back the files that the restored database names."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.backup import services
from arena.backup.archive import BadArchive


class Command(BaseCommand):
    help = "Put back the exports and images of the backup on standard input."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            done = services.restore_files(sys.stdin.buffer)
        except (BadArchive, services.Refused, OSError) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"{done.exports} exports and {done.images} images restored")
        for name in done.missing:
            self.stderr.write(f"WARNING: {name} was missing or damaged when the backup was made")
