"""Calls of endpoints, and what they used."""

from django.db import models
from django.db.models import Q

from arena.contestants.models.endpoint import Endpoint


class Call(models.Model):
    """One request to an endpoint: what it reserved, cost and gave."""

    CANCELLED = "cancelled"  # nobody waited for the answer any more
    LOST = "lost"  # its process was killed

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="calls")
    day = models.DateField(help_text="UTC; the day it is charged to.")
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    is_probe = models.BooleanField(default=False)
    error = models.CharField(max_length=40, blank=True)
    error_detail = models.TextField(blank=True)
    first_token_seconds = models.FloatField(null=True, blank=True)
    seconds = models.FloatField(null=True, blank=True)
    prompt_tokens = models.PositiveIntegerField(default=0)
    completion_tokens = models.PositiveIntegerField(default=0)
    is_estimated = models.BooleanField(default=False, help_text="The endpoint did not count.")
    reserved = models.DecimalField(max_digits=16, decimal_places=8)
    cost = models.DecimalField(max_digits=16, decimal_places=8, default=0)

    class Meta:
        ordering = ["-id"]
        indexes = [
            models.Index(fields=["endpoint", "-id"], name="call_newest_of_endpoint"),
            models.Index(
                fields=["started_at"], condition=Q(ended_at__isnull=True), name="call_open"
            ),
            models.Index(fields=["started_at"], name="call_started"),
        ]

    def __str__(self) -> str:
        return f"call {self.pk} of {self.endpoint_id}"


class Usage(models.Model):
    """What an endpoint used up in one day (UTC): the sums of its calls."""

    endpoint = models.ForeignKey(Endpoint, on_delete=models.CASCADE, related_name="usage")
    day = models.DateField()
    calls = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)
    prompt_tokens = models.PositiveBigIntegerField(default=0)
    completion_tokens = models.PositiveBigIntegerField(default=0)
    estimated_tokens = models.PositiveBigIntegerField(
        default=0, help_text="How many of both were estimated."
    )
    cost = models.DecimalField(max_digits=16, decimal_places=8, default=0)
    reserved = models.DecimalField(
        max_digits=16, decimal_places=8, default=0, help_text="For calls that are under way."
    )

    class Meta:
        ordering = ["-day"]
        verbose_name_plural = "usage"
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "day"], name="usage_once_per_day"),
            models.CheckConstraint(condition=Q(reserved__gte=0), name="usage_reserved_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.endpoint_id} on {self.day}"
