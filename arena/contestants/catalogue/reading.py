"""Read the catalogue: contestants, their endpoints, and the changes that the public sees."""

from dataclasses import dataclass
from decimal import Decimal

from django.db.models import Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from arena.contestants.models import (
    COMPETING,
    ClaimChange,
    Contestant,
    Endpoint,
    EndpointChange,
    EndpointHealth,
    StateChange,
    Usage,
)


def public_contestants() -> QuerySet[Contestant]:
    """Every contestant that ever competed, withdrawn ones included."""
    changes = StateChange.objects.filter(contestant=OuterRef("pk"))
    return Contestant.objects.filter(~Q(state=Contestant.State.DRAFT) | Exists(changes))


def with_public_history() -> QuerySet[Contestant]:
    """`public_contestants`, with their claims and all that is on their public record."""
    changes = ("state_changes", "endpoint_changes", "claim_changes")
    return public_contestants().select_related("claim").prefetch_related(*changes)


def public_history_of(contestant: Contestant) -> list[StateChange | EndpointChange | ClaimChange]:
    """Everything on the public record of a contestant, the newest first."""
    entries: list[StateChange | EndpointChange | ClaimChange] = [
        *contestant.state_changes.all(),
        *contestant.endpoint_changes.all(),
        *contestant.claim_changes.all(),
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
    """Contestants that may be drawn for a battle: they compete, and can be asked."""
    return Contestant.objects.filter(can_be_asked(), state__in=COMPETING)


def can_be_asked() -> Exists:
    """That a contestant has an endpoint that is enabled, up, and has budget left for today."""
    spent = Usage.objects.filter(endpoint=OuterRef("pk"), day=timezone.now().date()).values(
        total=F("cost") + F("reserved")
    )
    affordable = Q(daily_budget=None) | Q(
        daily_budget__gte=F("largest_cost") + Coalesce(Subquery(spent), Decimal(0))
    )
    return Exists(_endpoints_up().filter(affordable, contestant=OuterRef("pk")))


def _endpoints_up() -> QuerySet[Endpoint]:
    down = [EndpointHealth.State.OPEN, EndpointHealth.State.HALF_OPEN]
    return Endpoint.objects.filter(enabled=True).exclude(health__state__in=down)


def is_up(endpoint: Endpoint) -> bool:
    """Whether the circuit of an enabled endpoint is closed."""
    return _endpoints_up().filter(pk=endpoint.pk).exists()


def passed_its_test(endpoint: Endpoint) -> bool:
    """Whether an endpoint is up, and answered a test since what is asked of it changed."""
    return endpoint.answered_at is not None and is_up(endpoint)


def endpoints_of(contestant_id: int) -> QuerySet[Endpoint]:
    """The endpoints that may answer for a contestant, the first choice first."""
    return _endpoints_up().filter(contestant=contestant_id)
