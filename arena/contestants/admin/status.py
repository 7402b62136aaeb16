"""The condition of an endpoint, in plain words."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from django.utils import timezone

from arena.contestants.admin.hints import hint_for
from arena.contestants.models import Endpoint, EndpointHealth, Usage


class Condition(StrEnum):
    WORKING = "working"
    RESTING = "resting"
    FAILING = "failing"
    NEVER_TRIED = "never tried"
    CHANGED = "changed"
    NO_BUDGET = "no budget"
    OFF = "off"


@dataclass(frozen=True, slots=True)
class Status:
    """A condition, what to call it, and what to do about it."""

    condition: Condition
    text: str
    hint: str = ""


NEVER_TRIED = Status(Condition.NEVER_TRIED, "never tried")


def status_of(endpoint: Endpoint) -> Status:
    """The condition of an endpoint."""
    health = getattr(endpoint, "health", None) or EndpointHealth()
    hint = hint_for(health.last_error, health.last_error_detail) if health.last_error else ""
    if not endpoint.enabled:
        found = Status(Condition.OFF, "switched off")
    elif health.state == EndpointHealth.State.HALF_OPEN:
        found = Status(Condition.RESTING, "resting, being tried now", hint)
    elif health.state == EndpointHealth.State.OPEN and health.probe_at:
        found = Status(Condition.RESTING, f"resting until {_at(health.probe_at)}", hint)
    elif health.failures:
        found = Status(Condition.FAILING, "failed its last test", hint)
    elif endpoint.answered_at is None:
        was_tried = health.probed_at or endpoint.calls.exists()
        found = (
            Status(Condition.CHANGED, "not tried since it was changed")
            if was_tried
            else NEVER_TRIED
        )
    elif _is_spent(endpoint):
        found = Status(Condition.NO_BUDGET, "budget used up until 00:00 UTC")
    else:
        found = Status(Condition.WORKING, "working")
    return found


def _at(moment: datetime) -> str:
    """A moment as one reads it today."""
    now, moment = timezone.now(), moment.astimezone(timezone.get_default_timezone())
    day = "" if moment.date() == now.date() else f"{moment:%Y-%m-%d} "
    return f"{day}{moment:%H:%M} {moment.tzname()}"


def _is_spent(endpoint: Endpoint) -> bool:
    if endpoint.daily_budget is None:
        return False
    today = Usage.objects.filter(endpoint=endpoint, day=timezone.now().date()).first()
    spent = today.cost + today.reserved if today else 0
    return endpoint.daily_budget < endpoint.largest_cost + spent
