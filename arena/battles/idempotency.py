"""Requests that may be sent again: the same key gives the same battle.

After draft-ietf-httpapi-idempotency-key-header-07. Only what was done is kept: a refused request
did nothing, and is looked at anew.
"""

import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from arena.battles.asking import TooManyBattles
from arena.battles.models import Battle, IdempotencyKey
from arena.battles.turns import TurnRefused

KEPT = timedelta(days=1)


class KeyReused(Exception):
    """The key was sent before with another request."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A key, with what is asked and who asks.

    Attributes:
        fingerprint: SHA-256 in hex of what is asked.
        browser: a digest of the browser's CSRF cookie; empty for programs.
        voter_id: None for a newcomer, who is then known by `browser`.
    """

    key: str
    fingerprint: str
    browser: str
    voter_id: uuid.UUID | None


def battle_of_key(request: RequestKey) -> Battle | None:
    """The battle that the same request made before, if it did.

    Raises:
        KeyReused: the key was sent with another request.
    """
    if request.voter_id is not None:
        sender = Q(voter=request.voter_id)
    elif request.browser:
        sender = Q(browser=request.browser)
    else:
        return None
    kept = IdempotencyKey.objects.select_related("battle__voter").filter(sender, key=request.key)
    found = kept.first()
    if found is None:
        return None
    if found.fingerprint != request.fingerprint:
        raise KeyReused("This Idempotency-Key was used for another request. Choose a new one.")
    return found.battle


def perform_once(request: RequestKey | None, perform: Callable[[], Battle]) -> tuple[Battle, bool]:
    """Do what a request asks in one transaction, unless it was done before.

    Of two that come at once, the database lets one through, and the other gets its battle.

    Returns:
        The battle, and whether it was done now.

    Raises:
        KeyReused: the key was sent with another request.
    """
    if request is None:
        with transaction.atomic():
            return perform(), True
    if known := battle_of_key(request):
        return known, False
    try:
        with transaction.atomic():
            battle = perform()
            IdempotencyKey.objects.create(
                voter_id=request.voter_id or battle.voter_id,
                browser=request.browser,
                key=request.key,
                fingerprint=request.fingerprint,
                battle=battle,
            )
            return battle, True
    except (IntegrityError, TooManyBattles, TurnRefused):
        if known := battle_of_key(request):
            return known, False
        raise


def forget_keys() -> None:
    """Remove the keys of requests that nobody sends again any more."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
