"""The headers of a request: those of a common client, so that they don't tell the arena apart.

An endpoint that knows the arena's requests could answer them by another model than the public's.
"""

import platform
import re

from django.conf import settings

# As OpenAI's Python SDK sends them, in its order and spelling.
_OPENAI_SDK = re.compile(r"OpenAI/Python (\S+)")
_SDK_OS, _SDK_ARCH, _SDK_READ_TIMEOUT = "Linux", "x64", "600"


def request_headers(api_key: str, content_length: int | None = None) -> dict[str, str]:
    """The headers that go with a request, all but Host.

    Where ARENA_USER_AGENT names OpenAI's Python SDK, the other headers are the SDK's too.

    Args:
        api_key: of the endpoint; empty if it needs none.
        content_length: of the JSON body; None if there is none.
    """
    user_agent = settings.ARENA.user_agent
    headers = {"Accept-Encoding": "gzip, deflate", "Connection": "keep-alive"}
    if api_key:
        headers["authorization"] = f"Bearer {api_key}"
    headers["accept"] = "application/json"
    if content_length is not None:
        headers["content-type"] = "application/json"
    headers["user-agent"] = user_agent
    if sdk := _OPENAI_SDK.fullmatch(user_agent):
        headers |= {
            "x-stainless-lang": "python",
            "x-stainless-package-version": sdk[1],
            "x-stainless-os": _SDK_OS,
            "x-stainless-arch": _SDK_ARCH,
            "x-stainless-runtime": "CPython",
            "x-stainless-runtime-version": platform.python_version(),
            "x-stainless-async": "false",
            "x-stainless-retry-count": "0",
            "x-stainless-read-timeout": _SDK_READ_TIMEOUT,
        }
    if content_length is not None:
        headers["Content-Length"] = str(content_length)
    return headers
