"""Proof of work when risk is raised: ALTCHA's protocol, self-hosted, no third party.

A challenge is signed, holds for one visitor, runs out, and is good for one use. The client has to
find a counter whose derived key (PBKDF2) begins as the challenge says; the server knows the key.
"""

import hashlib
import hmac
import secrets
import time
from typing import Any

import altcha
from django.conf import settings

from arena.voters.origin.network import connection
from arena.voters.throttling.limits import Visitor
from arena.voters.throttling.price import EXPECTED, ITERATIONS, covers

LIFETIME = 600  # seconds
TRIES = {0: 0, 1: 400, 2: 2_000, 3: 8_000}  # at most, by level of risk


class ProofRefused(Exception):
    """The proof does not hold; the message says why."""


def challenge(visitor: Visitor, tries: int) -> dict[str, Any]:
    """A challenge that takes a visitor at most so many tries, as ALTCHA's clients take it.

    Raises:
        redis.RedisError: Redis is away.
    """
    least = int(tries * (2 * EXPECTED - 1))
    made: dict[str, Any] = altcha.create_challenge(
        "PBKDF2/SHA-256",
        ITERATIONS,
        counter=least + secrets.randbelow(tries - least),
        expires_at=int(time.time()) + LIFETIME,
        data={"visitor": _name(visitor), "tries": tries},
        hmac_secret=_secret("challenge"),
        hmac_key_secret=_secret("key"),
    ).to_dict()
    return made


def check(proof: str, visitor: Visitor, tries: int) -> int:
    """Use up a proof, ALTCHA's payload in base64, of a challenge with about so many tries.

    Returns how many tries its challenge took at most.

    Raises:
        ProofRefused: it is wrong, too old, too easy, another visitor's, or was used before.
        redis.RedisError: Redis is away.
    """
    result = altcha.verify_solution(proof, _secret("challenge"), hmac_key_secret=_secret("key"))
    if result.expired:
        raise ProofRefused("The proof of work came too late.")
    if not result.verified:
        raise ProofRefused("The proof of work is not right.")
    solved = altcha.Payload.from_base64(proof).challenge
    data = solved.parameters.data or {}
    paid = int(data.get("tries", 0))
    if data.get("visitor") != _name(visitor) or not covers(paid, tries):
        raise ProofRefused("The proof of work is for another challenge.")
    if not connection().set(f"proof:{solved.signature}", 1, nx=True, ex=LIFETIME):
        raise ProofRefused("The proof of work was used before.")
    return paid


def _name(visitor: Visitor) -> str:
    """A voter, or as long as they are unknown their network."""
    if visitor.voter_id:
        return str(visitor.voter_id)
    return visitor.keys.now(visitor.network) if visitor.network else "unknown"


def _secret(use: str) -> str:
    key = settings.SECRET_KEY.encode()
    return hmac.new(key, f"arena.voters.proofs.{use}".encode(), hashlib.sha256).hexdigest()
