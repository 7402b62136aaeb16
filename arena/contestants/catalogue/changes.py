"""Changes of the catalogue: register a contestant, let it compete, encrypt its keys again."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from arena.contestants.addresses import clean_address
from arena.contestants.catalogue.reading import passed_its_test
from arena.contestants.models import CLAIM_PARTS, Claim, Contestant, Endpoint


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
    takes_images: bool = False,
    claim: Mapping[str, Any] | None = None,
    endpoint: EndpointSpec,
) -> Contestant:
    """Enter a contestant with its one endpoint, or bring a registered one up to date.

    The state, and whether it takes images, are set on the first registration only, so that an
    operator who retires a contestant does not find it back in the draw after a restart. It enters
    the draw untested.

    Args:
        claim: what it is said to be, by the parts of `Claim`; None leaves that as it is.

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
    known = Contestant.objects.filter(slug=slug).first()
    contestant = known or Contestant(slug=slug, takes_images=takes_images)
    for attribute, value in stated.items():
        setattr(contestant, attribute, value)
    contestant.full_clean()
    contestant.save()
    if claim is not None:
        _state_claim(contestant, claim)

    address = contestant.endpoints.first() or Endpoint(contestant=contestant)
    address.base_url = clean_address(endpoint.base_url)
    address.model_id = endpoint.model_id
    address.api_key = endpoint.api_key
    address.system_prompt = endpoint.system_prompt
    address.parameters = dict(endpoint.parameters)
    address.full_clean()
    address.save()
    if known is None and state != contestant.state:
        contestant.state = state
        contestant.save()
    return contestant


def _state_claim(contestant: Contestant, parts: Mapping[str, Any]) -> None:
    if unknown := sorted(parts.keys() - CLAIM_PARTS.keys()):
        raise ValidationError(f"A claim has no part {', '.join(unknown)}.")
    claim = Claim(contestant=contestant, **parts)
    claim.full_clean(validate_unique=False)
    Claim.objects.update_or_create(
        contestant=contestant, defaults={part: getattr(claim, part) for part in CLAIM_PARTS}
    )


class NotReady(Exception):
    """A contestant cannot enter the draw; the text says why."""


@transaction.atomic
def enter_draw(contestant_id: int, state: str, reason: str = "") -> None:
    """Let a contestant compete that has an endpoint which answered its newest test.

    Args:
        state: one of COMPETING.
        reason: for the public record.

    Raises:
        NotReady: it has no such endpoint.
    """
    contestant = Contestant.objects.select_for_update().get(pk=contestant_id)
    endpoints = contestant.endpoints.filter(enabled=True)
    if not endpoints.exists():
        raise NotReady("It has no endpoint that is switched on.")
    if not any(map(passed_its_test, endpoints)):
        raise NotReady("None of its endpoints answered.")
    contestant.state, contestant.state_reason = state, reason
    contestant.full_clean()
    contestant.save()


@transaction.atomic
def reencrypt_keys() -> int:
    """Encrypt every endpoint's key with the newest encryption key; returns how many there are."""
    endpoints = list(Endpoint.objects.select_for_update().exclude(api_key=""))
    Endpoint.objects.bulk_update(endpoints, ["api_key"])
    return len(endpoints)
