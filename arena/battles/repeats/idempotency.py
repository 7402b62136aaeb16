"""Requests that may be sent again: the same key gives the same battle.

After draft-ietf-httpapi-idempotency-key-header-07. Only what was done is kept: a refused request
did nothing, and is handled as new.
"""

from collections.abc import Callable
from datetime import timedelta

from django.db import IntegrityError
from django.db.models import Q
from django.utils import timezone

from arena.battles.asking import TooManyBattles
from arena.battles.models import Battle, IdempotencyKey
from arena.battles.repeats.request_key import RequestKey
from arena.battles.turns import TurnRefused

KEPT = timedelta(days=1)


REUSED = "This Idempotency-Key was used for another request. Choose a new one."


class KeyReused(Exception):
    """The key was sent before with another request."""


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
    found = _sent_by(sender, request)
    if found is None:
        return None
    if found.fingerprint != request.fingerprint:
        raise KeyReused(REUSED)
    return found.battle


def _sent_by(sender: Q, request: RequestKey) -> IdempotencyKey | None:
    kept = IdempotencyKey.objects.select_related("battle__voter")
    return kept.filter(sender, key=request.key).first()


def perform_once(request: RequestKey | None, perform: Callable[[], Battle]) -> Battle:
    """Do what a request asks, unless it was done before; returns the battle.

    Of two that come at once, the database lets one through, and the other gets its battle.

    Args:
        perform: does it in one transaction, in which it inserts `request.row` of its battle.

    Raises:
        KeyReused: the key was sent with another request.
    """
    if request is None:
        return perform()
    if known := battle_of_key(request):
        return known
    try:
        return perform()
    except (IntegrityError, TooManyBattles, TurnRefused):
        if known := battle_of_key(request):
            return known
        if request.browser and _sent_by(Q(browser=request.browser), request) is not None:
            raise KeyReused(REUSED) from None  # by who used this browser before
        raise


def forget_keys() -> None:
    """Remove the keys of requests that nobody sends again any more."""
    IdempotencyKey.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
