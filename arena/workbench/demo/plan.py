"""How much life a simulated site has, and who moderates it."""

import base64
import hmac
from dataclasses import dataclass

SENIOR, MODERATOR, SECOND, OPERATOR, MEMBER = "mona", "milan", "mira", "olga", "ada"
TOTP_SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"  # noqa: S105 - likewise
PASSWORD = "simulated-site"  # noqa: S105 - printed at the start; the site is on this machine alone


@dataclass(frozen=True, slots=True)
class Plan:
    """How much life: days until today, battles, honest voters, contestants, accounts of a ring.

    `odd` is how many battles an account opens that is not an ordinary voter's; some open more.
    """

    days: int = 28
    votes: int = 24_000
    voters: int = 1_500
    contestants: int = 30
    ring: int = 5
    odd: int = 60
    seed: int = 20260831


def totp_code(at: float) -> str:
    """The second factor of all staff at a time, in seconds since 1970 (RFC 6238, SHA-1, 30 s)."""
    message = int(at // 30).to_bytes(8, "big")
    digest = hmac.digest(base64.b32decode(TOTP_SECRET), message, "sha1")
    start = digest[-1] & 0xF
    number = int.from_bytes(digest[start : start + 4], "big") & 0x7FFFFFFF
    return f"{number % 10**6:06}"
