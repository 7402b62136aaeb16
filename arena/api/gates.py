"""What stands between a caller and a write, said in the API's words and at what place."""

from dataclasses import replace
from datetime import UTC

import redis
from django.conf import settings
from django.utils.translation import gettext as _
from rest_framework import status
from rest_framework.request import Request

from arena.api.authentication import caller, key_of
from arena.api.models import Scope
from arena.api.problems import Refused
from arena.battles.text import personal
from arena.voters import consent, proofs
from arena.voters.bans import banned_until
from arena.voters.limits import Action, RateLimited, Visitor, look, take
from arena.voters.models import Voter
from arena.voters.network import network_of
from arena.voters.risk import is_marked, risk_of

CONFIRMED = "confirmed"


def visitor_of(request: Request) -> Visitor:
    """Who calls, and from where."""
    return Visitor(caller(request), network_of(request._request.META))


def agreed(request: Request, version: str | None) -> None:
    """Let those pass who agreed to the text in force, or do so now by naming its version.

    Raises:
        Refused: it is to be agreed to first (403).
    """
    in_force = settings.ARENA_CONSENT_VERSION
    if version != in_force and consent.is_needed(caller(request)):
        raise Refused(
            status.HTTP_403_FORBIDDEN,
            "consent-required",
            _("Please agree to what happens with your prompts first."),
            version=in_force,
            points=[str(point) for point in consent.POINTS],
        )


def not_banned(request: Request) -> None:
    """Let those pass whose network may open battles.

    Raises:
        Refused: a moderator has banned it for a time (403).
    """
    until = banned_until(network_of(request._request.META))
    if until is not None:
        raise Refused(
            status.HTTP_403_FORBIDDEN,
            "network-banned",
            _(
                "Votes from your network were rigged, so that it opens no new battles until"
                " %s UTC. Everything else on this site stays open to you."
            )
            % f"{until.astimezone(UTC):%Y-%m-%d %H:%M}",
            until=until.isoformat(),
        )


def looked_over(prompt: str, word: str | None) -> None:
    """Let a prompt pass that holds no personal data, or that its author has confirmed.

    Raises:
        Refused: it holds some (409); the document says where.
    """
    finds = [] if word == CONFIRMED else personal.find(prompt)
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
        return _taken(Action.READ_BY_KEY, Visitor(caller(request), None))
    return _taken(Action.READ, Visitor(None, network_of(request._request.META)))


def admit(request: Request, action: Action, proof: str | None = None) -> dict[str, str]:
    """Count what the caller does; returns the headers that tell how much is left.

    Opening a battle takes a proof of work as well when the risk is raised, and a marked voter opens
    fewer; but not a program that says who it is: its votes sway nothing.

    Raises:
        Refused: too often (429), or a proof of work is asked (403).
    """
    visitor = visitor_of(request)
    if action == Action.OPEN and not key_of(request):
        voter = Voter.objects.filter(pk=visitor.voter_id).first() if visitor.voter_id else None
        visitor = replace(visitor, marked=is_marked(voter))
        budget = look(action, visitor)
        if not budget.wait:
            _prove(visitor, risk_of(voter, budget), proof)
    return _taken(action, visitor)


def _taken(action: Action, visitor: Visitor) -> dict[str, str]:
    try:
        return take(action, visitor).headers
    except RateLimited as refusal:
        raise Refused(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "rate-limited",
            str(refusal),
            wait=refusal.budget.wait,
            headers=refusal.budget.headers,
        ) from refusal


def _prove(visitor: Visitor, level: int, proof: str | None) -> None:
    if level == 0:
        return None
    reason = _("Many requests come from you or your network: your computer has to work for this.")
    try:
        if proof:
            try:
                return proofs.check(proof, visitor, level)
            except proofs.ProofRefused as refusal:
                reason = str(refusal)
        asked = proofs.challenge(visitor, level)
    except redis.RedisError:
        return None  # as with the limits: battles go on
    raise Refused(status.HTTP_403_FORBIDDEN, "proof-required", reason, challenge=asked, level=level)
