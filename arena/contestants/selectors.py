"""Reads of the catalogue."""

from dataclasses import dataclass

from django.conf import settings
from django.db.models import Exists, OuterRef, QuerySet

from arena.contestants.models import Contestant, Endpoint
from arena.contestants.provider import Limits, Target


def public_contestants() -> QuerySet[Contestant]:
    """Every contestant that ever competed: all but drafts."""
    return Contestant.objects.exclude(state=Contestant.State.DRAFT)


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
    """Contestants that may be drawn for a battle: competing, with an endpoint that is enabled."""
    reachable = Endpoint.objects.filter(contestant=OuterRef("pk"), enabled=True)
    return Contestant.objects.filter(
        Exists(reachable),
        state__in=[Contestant.State.ACTIVE, Contestant.State.PROVISIONAL],
    )


def endpoint_of(contestant_id: int) -> Endpoint | None:
    """The endpoint that answers for a contestant: its first enabled one."""
    return Endpoint.objects.filter(contestant_id=contestant_id, enabled=True).first()


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
        connect=endpoint.connect_seconds or settings.ARENA_CONNECT_SECONDS,
        first_token=endpoint.first_token_seconds or settings.ARENA_FIRST_TOKEN_SECONDS,
        between_tokens=endpoint.between_tokens_seconds or settings.ARENA_BETWEEN_TOKENS_SECONDS,
        whole=endpoint.answer_seconds or settings.ARENA_ANSWER_SECONDS,
        max_chars=settings.ARENA_MAX_ANSWER_CHARS,
    )
