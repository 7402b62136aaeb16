"""How much life a simulated site has, and who moderates it."""

import base64
import hmac
from dataclasses import dataclass

MODERATORS = ("mona", "milan")
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - likewise
PASSWORD = "simulated-site"  # noqa: S105 - printed at the start; the site is on this machine alone


@dataclass(frozen=True, slots=True)
class Plan:
    """How much life: days until today, votes, honest voters, accounts of a rigging ring."""

    days: int = 28
    votes: int = 20_000
    voters: int = 900
    ring: int = 12
    lone_riggers: int = 3
    seed: int = 20260831


def totp_code(at: float) -> str:
    """The moderators' second factor at a time, in seconds since 1970 (RFC 6238, SHA-1, 30 s)."""
    message = int(at // 30).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(TOTP_SECRET), message, "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"
