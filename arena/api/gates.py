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
from arena.battles.reading.battle_view import pays_as_newcomer
from arena.text import personal_data
from arena.voters import consent, proofs
from arena.voters.bans import banned_until
from arena.voters.limits import Action, Budget, RateLimited, Visitor, look, take
from arena.voters.models import Voter
from arena.voters.network import network_of
from arena.voters.price import covers, tries_of
from arena.voters.risk import is_flagged, risk_of

CONFIRMED = "confirmed"


def visitor_of(request: Request) -> Visitor:
    """Who calls, and from where."""
    return Visitor(caller(request), network_of(request._request.META))


def agreed(request: Request, version: str | None) -> None:
    """Let those pass who agreed to the text in force, or do so now by naming its version.

    Raises:
        Refused: it is to be agreed to first (403).
    """
    in_force = settings.ARENA.consent_version
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
    finds = [] if word == CONFIRMED else personal_data.find(prompt)
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
        return _taken(Action.READ_BY_KEY, Visitor(caller(request), None)).headers
    return _taken(Action.READ, Visitor(None, network_of(request._request.META))).headers


def admit(request: Request, action: Action) -> dict[str, str]:
    """Count what the caller does; returns the headers that tell how much is left.

    Raises:
        Refused: too often (429).
    """
    return _taken(action, visitor_of(request)).headers


def admit_opening(request: Request, proof: str | None, *, is_new: bool) -> dict[str, str]:
    """Count a battle, or one more turn of it; returns the headers that tell how much is left.

    It takes a proof of work as well when the risk is raised, and by the price that a newcomer's
    battle has; and a marked voter opens fewer. Not so a program that says who it is: its votes sway
    nothing.

    Args:
        is_new: whether it is a new battle, which alone has a price.

    Raises:
        Refused: too often (429), or a proof of work is asked (403).
    """
    visitor = visitor_of(request)
    if key_of(request):
        return _taken(Action.OPEN, visitor).headers
    voter = Voter.objects.filter(pk=visitor.voter_id).first() if visitor.voter_id else None
    visitor = replace(
        visitor, marked=is_flagged(voter), is_newcomer=is_new and pays_as_newcomer(voter)
    )
    before = look(Action.OPEN, visitor)
    paid = 0
    if not before.wait:
        asked = max(proofs.TRIES[risk_of(voter, before)], _price(before))
        paid = _prove(visitor, asked, proof)
    budget = _taken(Action.OPEN, visitor)
    if not covers(paid, _price(budget)):  # many looked at once, before any of them was counted
        _ask_proof(visitor, _price(budget))
    return budget.headers


def _price(budget: Budget) -> int:
    allowance = settings.ARENA.newcomers
    return tries_of(budget.newcomers, allowance) if allowance else 0


def _taken(action: Action, visitor: Visitor) -> Budget:
    try:
        return take(action, visitor)
    except RateLimited as refusal:
        raise Refused(
            status.HTTP_429_TOO_MANY_REQUESTS,
            "rate-limited",
            str(refusal),
            wait=refusal.budget.wait,
            headers=refusal.budget.headers,
        ) from refusal


def _prove(visitor: Visitor, tries: int, proof: str | None) -> int:
    """Use up a proof if one is asked; returns the most tries that it took."""
    if tries == 0:
        return 0
    reason = None
    if proof:
        try:
            return proofs.check(proof, visitor, tries)
        except proofs.ProofRefused as refusal:
            reason = str(refusal)
        except redis.RedisError:
            return tries  # as with the limits: battles go on
    _ask_proof(visitor, tries, reason)
    return tries


def _ask_proof(visitor: Visitor, tries: int, reason: str | None = None) -> None:
    """Ask for a proof of work, unless Redis is away.

    Raises:
        Refused: always otherwise (403).
    """
    try:
        asked = proofs.challenge(visitor, tries)
    except redis.RedisError:
        return
    raise Refused(
        status.HTTP_403_FORBIDDEN,
        "proof-required",
        reason
        or _("Many requests or new visitors come at the moment: your device has to do a sum."),
        challenge=asked,
        tries=tries,
    )
