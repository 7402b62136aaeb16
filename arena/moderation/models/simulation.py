"""Simulated voters of the quality check."""

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _


class Simulation(models.Model):
    """A simulated voter of the blind quality check. Only `due_at` ever changes.

    Its votes exist only here, are no `Vote`s and count nowhere.
    `arena.moderation.quality.simulated_voters` makes them.
    """

    class Truth(models.TextChoices):
        RIGGER = "rigger", _("rigger")
        HONEST = "honest", _("honest voter")

    truth = models.CharField(max_length=6, choices=Truth.choices)
    kind = models.CharField(max_length=60, help_text="The kind of voter in the attack simulator.")
    detail = models.JSONField(help_text="Like the detail of a signal.")
    votes = models.JSONField(help_text="Rows of `arena.moderation.evidence.votes.SimulatedVote`.")
    shown = models.JSONField(
        default=list, help_text="How many of the votes each of its cases shows, in their order."
    )
    due_at = models.DateTimeField(
        null=True, db_index=True, help_text="When its next case opens. Empty: none, for now."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(truth__in=["rigger", "honest"]), name="simulation_truth_known"
            ),
        ]
        triggers = [
            pgtrigger.Protect(name="simulation_is_kept", operation=pgtrigger.Delete),
            pgtrigger.ReadOnly(
                name="simulation_is_final", fields=["truth", "kind", "detail", "votes", "shown"]
            ),
        ]

    def __str__(self) -> str:
        return f"simulation {self.pk}"
