"""What a write of the API needs first: consent, no ban, no personal data, a rate, a proof."""

from dataclasses import replace
from datetime import UTC

import redis
from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.request import Request

from arena.api.authentication import caller, calling_voter, key_of
from arena.api.errors import Refused
from arena.api.models import Scope
from arena.battles.admission import Admission
from arena.text import personal_data
from arena.voters import consent
from arena.voters.origin.network import network_of
from arena.voters.throttling import proof_of_work
from arena.voters.throttling.limits import Action, Budget, RateLimited, Visitor, consume, give_back
from arena.voters.throttling.price import tries_of
from arena.voters.throttling.risk import is_flagged, risk_of

CONFIRMED = "confirmed"
VISITOR = "_arena_visitor"  # where a request keeps its visitor


def visitor_of(request: Request) -> Visitor:
    """Who calls, and from where; the same for the whole of a request."""
    found: Visitor | None = getattr(request._request, VISITOR, None)
    if found is None:
        found = Visitor(caller(request), network_of(request._request.META))
        setattr(request._request, VISITOR, found)
    return found


def require_consent(admission: Admission, version: str | None) -> bool:
    """Let those pass who agreed to the text in force, or do so now by naming its version.

    Returns whether they do so now.

    Raises:
        Refused: it is to be agreed to first (403).
    """
    in_force = settings.ARENA.consent_version
    if admission.needs_consent and version != in_force:
        raise Refused(
            status.HTTP_403_FORBIDDEN,
            "consent-required",
            _("Please agree to what happens with your prompts first."),
            version=in_force,
            points=[str(point) for point in consent.POINTS],
        )
    return admission.needs_consent


def require_not_banned(admission: Admission) -> None:
    """Let those pass whose network may open battles.

    Raises:
        Refused: a moderator has banned it for a time (403).
    """
    until = admission.banned_until
    if until is not None:
        raise Refused(
            status.HTTP_403_FORBIDDEN,
            "network-banned",
            _(
                "A moderator found rigged votes from your network. It can open no new battles until"
                " %s UTC. You can use everything else on this site."
            )
            % f"{until.astimezone(UTC):%Y-%m-%d %H:%M}",
            until=until.isoformat(),
        )


def require_pii_confirmation(prompt: str, confirmation: str | None) -> None:
    """Let a prompt pass that holds no personal data, or that its author has confirmed.

    Raises:
        Refused: it holds some (409); the document says where.
    """
    finds = [] if confirmation == CONFIRMED else personal_data.find(prompt)
    if finds:
        raise Refused(
            status.HTTP_409_CONFLICT,
            "personal-data",
            _("The prompt seems to hold personal data or a secret. Change it, or confirm it."),
            finds=[
                {"kind": found.kind, "start": found.start, "end": found.end, "text": found.text}
                for found in finds
            ],
        )


def admit_reading(request: Request) -> dict[str, str]:
    """Count a request to read, a program's with a key for it by the more generous rate.

    Raises:
        Refused: too often (429).
    """
    key = key_of(request)
    if key and Scope.READ in key.scopes:
        return _consume(Action.READ_BY_KEY, Visitor(caller(request), None)).headers
    return _consume(Action.READ, Visitor(None, network_of(request._request.META))).headers


def admit(request: Request, action: Action) -> dict[str, str]:
    """Count what the caller does; returns the headers that tell how much is left.

    Raises:
        Refused: too often (429).
    """
    return _consume(action, visitor_of(request)).headers


def admit_opening(
    request: Request, proof: str | None, *, pays_as_newcomer: bool = False
) -> dict[str, str]:
    """Count a battle, or one more turn of it; returns the headers that tell how much is left.

    It takes a proof of work as well when the risk is raised, and by the price that a newcomer's
    battle has; and a flagged voter opens fewer. Not so a program that says who it is: its votes
    sway nothing.

    Args:
        pays_as_newcomer: whether it has a newcomer's price; a further turn has none.

    Raises:
        Refused: too often (429), or a proof of work is asked (403). A battle for which one is asked
            is not counted.
    """
    visitor = visitor_of(request)
    if key_of(request):
        return _consume(Action.OPEN, visitor).headers
    voter = calling_voter(request)
    visitor = replace(visitor, is_flagged=is_flagged(voter), is_newcomer=pays_as_newcomer)
    budget = _consume(Action.OPEN, visitor)
    try:
        _prove(
            visitor,
            max(proof_of_work.TRIES[risk_of(voter, budget.before_one)], _price(budget)),
            proof,
        )
    except Refused:
        give_back(Action.OPEN, visitor)
        raise
    return budget.headers


def _price(budget: Budget) -> int:
    allowance = settings.ARENA.newcomers
    return tries_of(budget.newcomers, allowance) if allowance else 0


def _consume(action: Action, visitor: Visitor) -> Budget:
    try:
        return consume(action, visitor)
    except RateLimited as refusal:
        raise Refused(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "rate-limited",
            str(refusal),
            wait=refusal.budget.wait,
            headers=refusal.budget.headers,
        ) from refusal


def _prove(visitor: Visitor, tries: int, proof: str | None) -> None:
    """Use up a proof if one is asked.

    Raises:
        Refused: there is none, or it does not hold (403).
    """
    if tries == 0:
        return
    reason = None
    try:
        if proof:
            try:
                proof_of_work.check(proof, visitor, tries)
            except proof_of_work.ProofRefused as refusal:
                reason = str(refusal)
            else:
                return
        asked = proof_of_work.challenge(visitor, tries)
    except redis.RedisError:
        return  # as with the limits: battles go on
    raise Refused(
        status.HTTP_403_FORBIDDEN,
        "proof-required",
        reason or _("Many requests are coming in: solve the puzzle in `challenge` first."),
        challenge=asked,
        tries=tries,
    )
