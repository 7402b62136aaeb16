"""`manage.py methodology`: every constant that decides what is counted, held or drawn."""

import json
from typing import Any

from django.core.management.base import BaseCommand

from arena.exports.methodology.collected import collected, digest


class Command(BaseCommand):
    help = "Print every constant that decides what is counted, held or drawn; and their digest."

    def handle(self, *args: Any, **options: Any) -> None:
        for place, values in sorted(collected().items()):
            self.stdout.write(f"{place} = {json.dumps(values)}")
        self.stdout.write(f"digest {digest()}")
