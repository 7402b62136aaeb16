"""`manage.py publish_export`: what beat does every week."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError
from tqdm import tqdm

from arena.battles.models import Vote
from arena.exports.selectors import folder_of
from arena.exports.services import publish_export


class Command(BaseCommand):
    help = "Publish all votes with the boards that they make."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with tqdm(total=Vote.objects.count(), unit=" votes", unit_scale=True) as bar:
                export = publish_export(progress=bar.update)
        except OSError as error:
            raise CommandError(f"The export cannot be written: {error}") from error
        self.stdout.write(f"{export.votes:,} counted votes in {folder_of(export.name)}")
