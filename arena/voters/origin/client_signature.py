"""The client signature: what the headers of a browser say about it in every request.

No script collects more. It is stored only as a pseudonym, see `arena.voters.origin.network`.
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
