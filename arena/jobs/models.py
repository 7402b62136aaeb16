"""The last runs of periodic jobs."""

from django.db import models
from django.utils import timezone


class Job(models.Model):
    """A job of the setting PERIODIC_JOBS, and its last run.

    A run is claimed before its message is sent, and the message names the claim. So a message that
    comes twice, or late, starts nothing.
    """

    name = models.CharField(max_length=100, primary_key=True)
    known_since = models.DateTimeField(default=timezone.now)
    claimed_at = models.DateTimeField(null=True, help_text="When its newest run was claimed.")
    started_at = models.DateTimeField(null=True, help_text="When a worker took up that run.")
    leased_until = models.DateTimeField(
        null=True, help_text="The run counts as lost from then on; its worker extends this."
    )
    done_for = models.DateTimeField(
        null=True, help_text="When the newest run that succeeded was claimed."
    )
    done_at = models.DateTimeField(null=True, help_text="When it ended.")

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name
