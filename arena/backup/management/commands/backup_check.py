"""`manage.py backup_check < FILE`: whether a backup is whole and fits this site."""

import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from arena.backup import services
from arena.backup.archive import BadArchive


class Command(BaseCommand):
    help = "Check that the backup on standard input is whole and can be restored here."
    requires_system_checks = ()

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            services.refuse_files()
            manifest = services.check(sys.stdin.buffer)
        except (BadArchive, services.Refused) as error:
            raise CommandError(str(error)) from error
        self.stdout.write(
            f"A whole backup of {manifest['made_at']}, with {manifest['exports']} exports"
            f" and {manifest['images']} images"
        )
