"""Reads of the catalogue."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from django.conf import settings
from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from arena.contestants.models import (
    COMPETING,
    Call,
    Contestant,
    Endpoint,
    EndpointChange,
    EndpointHealth,
    StateChange,
    Usage,
)
from arena.contestants.provider import Limits, Target


def public_contestants() -> QuerySet[Contestant]:
    """Every contestant that ever competed: all but drafts that always were, withdrawn ones too."""
    changes = StateChange.objects.filter(contestant=OuterRef("pk"))
    return Contestant.objects.filter(~Q(state=Contestant.State.DRAFT) | Exists(changes))


def record_of(contestant: Contestant) -> list[StateChange | EndpointChange]:
    """Everything on the public record of a contestant, the newest first."""
    entries: list[StateChange | EndpointChange] = [
        *contestant.state_changes.all(),
        *contestant.endpoint_changes.all(),
    ]
    return sorted(entries, key=lambda entry: (entry.changed_at, entry.pk), reverse=True)


@dataclass(frozen=True, slots=True)
class CatalogueNames:
    """What a catalogue's models and their makers are called."""

    models: frozenset[str]
    makers: frozenset[str]


def catalogue_names() -> CatalogueNames:
    """The names, slugs, aliases, model ids and organisations of every contestant, in one query."""
    rows = Contestant.objects.order_by().values_list(
        "name", "slug", "organisation", "aliases", "endpoints__model_id"
    )
    models: set[str] = set()
    makers: set[str] = set()
    for name, slug, organisation, aliases, model_id in rows:
        models.update((name, slug, *aliases, *([model_id] if model_id else [])))
        makers.add(organisation)
    return CatalogueNames(frozenset(models), frozenset(makers))


def drawable_contestants() -> QuerySet[Contestant]:
    """Contestants that may be drawn for a battle.

    They compete, and have an endpoint that is enabled, up, and has budget left for today.
    """
    spent = Usage.objects.filter(endpoint=OuterRef("pk"), day=timezone.now().date()).values(
        total=F("cost") + F("reserved")
    )
    affordable = Q(daily_budget=None) | Q(
        daily_budget__gte=F("largest_cost") + Coalesce(Subquery(spent), Decimal(0))
    )
    return Contestant.objects.filter(
        Exists(_endpoints_up().filter(affordable, contestant=OuterRef("pk"))),
        state__in=COMPETING,
    )


def _endpoints_up() -> QuerySet[Endpoint]:
    down = [EndpointHealth.State.OPEN, EndpointHealth.State.HALF_OPEN]
    return Endpoint.objects.filter(enabled=True).exclude(health__state__in=down)


def is_up(endpoint: Endpoint) -> bool:
    """Whether the circuit of an enabled endpoint is closed."""
    return _endpoints_up().filter(pk=endpoint.pk).exists()


def is_proven(endpoint: Endpoint) -> bool:
    """Whether an endpoint is up, and answered a test since what is asked of it changed."""
    return endpoint.answered_at is not None and is_up(endpoint)


def endpoints_of(contestant_id: int) -> QuerySet[Endpoint]:
    """The endpoints that may answer for a contestant, the first choice first."""
    return _endpoints_up().filter(contestant=contestant_id)


def target_of(endpoint: Endpoint) -> Target:
    """An endpoint in the provider client's words."""
    return Target(
        base_url=endpoint.base_url,
        model_id=endpoint.model_id,
        api_key=endpoint.api_key,
        system_prompt=endpoint.system_prompt,
        parameters=endpoint.parameters,
        thinks_first=endpoint.thinks_first,
    )


def limits_of(endpoint: Endpoint) -> Limits:
    """The limits of every request to an endpoint: its own, else the arena's."""
    return Limits(
        connect=endpoint.connect_seconds or settings.ARENA.connect_seconds,
        first_sign=endpoint.first_sign_seconds or settings.ARENA.first_sign_seconds,
        first_token=endpoint.first_token_seconds or settings.ARENA.first_token_seconds,
        between_tokens=endpoint.between_tokens_seconds or settings.ARENA.between_tokens_seconds,
        whole=endpoint.answer_seconds or settings.ARENA.answer_seconds,
        max_chars=settings.ARENA.max_answer_chars,
    )


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles of some measure."""

    p5: float
    p50: float
    p95: float


@dataclass(frozen=True, slots=True)
class HealthReport:
    """How an endpoint did in its newest calls, those nobody waited for left out."""

    health: EndpointHealth
    calls: int
    successes: int
    first_token_seconds: Spread | None
    tokens_per_second: Spread | None
    errors: list[Call]  # the newest ones

    @property
    def success_percent(self) -> float | None:
        return 100 * self.successes / self.calls if self.calls else None


def health_report(endpoint: Endpoint, *, calls: int = 200, errors: int = 5) -> HealthReport:
    """The circuit breaker of an endpoint, and figures of its newest calls."""
    newest = list(
        Call.objects.filter(endpoint=endpoint, ended_at__isnull=False).exclude(
            error=Call.CANCELLED
        )[:calls]
    )
    answers = [call for call in newest if not call.error]
    health = EndpointHealth.objects.filter(endpoint=endpoint).first()
    return HealthReport(
        health=health or EndpointHealth(endpoint=endpoint),
        calls=len(newest),
        successes=len(answers),
        first_token_seconds=_spread(
            [c.first_token_seconds for c in answers if c.first_token_seconds is not None]
        ),
        tokens_per_second=_spread(
            [
                call.completion_tokens / (call.seconds - call.first_token_seconds)
                for call in answers
                if call.seconds is not None
                and call.first_token_seconds is not None
                and call.seconds > call.first_token_seconds
            ]
        ),
        errors=[call for call in newest if call.error][:errors],
    )


def _spread(values: list[float]) -> Spread | None:
    if not values:
        return None
    p5, p50, p95 = np.percentile(values, [5, 50, 95]).tolist()
    return Spread(p5, p50, p95)


def usage_of(endpoint: Endpoint, *, days: int = 7) -> list[Usage]:
    """What an endpoint used up in the last days with any use (UTC), the newest first."""
    return list(Usage.objects.filter(endpoint=endpoint)[:days])
