"""`manage.py export_votes --format parquet --to FILE`: all votes, anonymised, as one file."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone
from tqdm import tqdm

from arena.battles.models import Vote
from arena.exports.services import write_sidecars, write_votes
from arena.exports.table.formats import WRITERS


class Command(BaseCommand):
    help = "Write all votes to a file, anonymised as the published exports are."
    requires_system_checks = ()  # they would load every page of the site into memory

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--format", choices=WRITERS, default="parquet")
        parser.add_argument("--to", type=Path, required=True, metavar="FILE")
        parser.add_argument("--counted", action="store_true", help="only votes that count")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["to"]
        made_at = timezone.now()
        partial = path.with_name(f"{path.name}.partial")
        try:
            with (
                partial.open("wb") as file,
                tqdm(total=Vote.objects.count(), unit=" votes", unit_scale=True) as bar,
            ):
                written = write_votes(
                    options["format"],
                    file,
                    counted_only=options["counted"],
                    progress=bar.update,
                )
            partial.replace(path)
            write_sidecars(path, made_at, written)
        except OSError as error:
            raise CommandError(f"{path} cannot be written: {error.strerror or error}") from error
        self.stdout.write(f"{written:,} votes in {path}")
