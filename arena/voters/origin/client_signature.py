"""The kind of browser that a visitor comes with, as far as every request of it tells.

Nothing runs in the browser to learn more, and what is told is kept only under a name that means
nothing tomorrow, see `arena.voters.origin.network.DayKeys`.
"""

from collections.abc import Mapping
from typing import Any

HEADERS = (
    "HTTP_USER_AGENT",
    "HTTP_ACCEPT_LANGUAGE",
    "HTTP_SEC_CH_UA",
    "HTTP_SEC_CH_UA_MOBILE",
    "HTTP_SEC_CH_UA_PLATFORM",
)
"""What browsers send unasked; the last three only some, and only over https."""


def client_signature(meta: Mapping[str, Any]) -> str | None:
    """Browser, system and languages of a request; None if it does not say what sends it.

    Many people have the same. It begins as no network does.
    """
    if not meta.get("HTTP_USER_AGENT"):
        return None
    return "\n".join(["device", *(meta.get(name, "") for name in HEADERS)])
