"""Published exports."""

import pgtrigger
from django.db import models


class Export(models.Model):
    """A published export: a folder of files that never change. Its row is never deleted."""

    name = models.SlugField(max_length=40, unique=True, help_text="Of its folder: when it is of.")
    made_at = models.DateTimeField(help_text="Up to when it holds votes.")
    votes = models.BigIntegerField(help_text="Counted ones.")
    uncounted = models.BigIntegerField(help_text="Votes that were held or excluded.")
    manifest = models.JSONField(help_text="Its files, with size and SHA-256.")

    class Meta:
        ordering = ["-made_at"]
        triggers = [
            pgtrigger.Protect(
                name="export_is_final", operation=pgtrigger.Update | pgtrigger.Delete
            ),
        ]

    def __str__(self) -> str:
        return self.name
