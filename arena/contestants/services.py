"""Writes to the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction

from arena.contestants.models import Contestant, Endpoint
from arena.contestants.provider import ProbeReport, probe
from arena.contestants.selectors import limits_of, target_of


@dataclass(frozen=True, slots=True)
class EndpointSpec:
    """An endpoint as a catalogue file states it."""

    base_url: str
    model_id: str
    api_key: str = ""
    system_prompt: str = ""
    parameters: Mapping[str, Any] = field(default_factory=dict)


@transaction.atomic
def register(
    *,
    slug: str,
    name: str,
    organisation: str,
    licence: str,
    licence_url: str = "",
    website: str = "",
    description: str,
    aliases: Sequence[str] = (),
    state: str = Contestant.State.ACTIVE,
    endpoint: EndpointSpec,
) -> Contestant:
    """Enter a contestant with its one endpoint, or bring a registered one up to date.

    The state is set on the first registration only, so that an operator who retires
    a contestant does not find it back in the draw after a restart.

    Raises:
        django.core.exceptions.ValidationError: a value is not valid.
    """
    stated = {
        "name": name,
        "organisation": organisation,
        "licence": licence,
        "licence_url": licence_url,
        "website": website,
        "description": description,
        "aliases": list(aliases),
    }
    contestant = Contestant.objects.filter(slug=slug).first() or Contestant(slug=slug, state=state)
    for attribute, value in stated.items():
        setattr(contestant, attribute, value)
    contestant.full_clean()
    contestant.save()

    address = contestant.endpoints.first() or Endpoint(contestant=contestant)
    address.base_url = endpoint.base_url
    address.model_id = endpoint.model_id
    address.api_key = endpoint.api_key
    address.system_prompt = endpoint.system_prompt
    address.parameters = dict(endpoint.parameters)
    address.full_clean()
    address.save()
    return contestant


@transaction.atomic
def reencrypt_keys() -> int:
    """Encrypt every endpoint's key with the newest encryption key; returns how many there are."""
    endpoints = list(Endpoint.objects.select_for_update().exclude(api_key=""))
    Endpoint.objects.bulk_update(endpoints, ["api_key"])
    return len(endpoints)


def test_endpoint(endpoint: Endpoint) -> ProbeReport:
    """Send one real, short request to an endpoint and report what came back."""
    return probe(target_of(endpoint), limits_of(endpoint))
