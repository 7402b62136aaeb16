"""Addresses of endpoints, as people type them."""

import re
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit, urlunsplit

from django.core.exceptions import ValidationError

from arena.contestants.network import UnusableAddress, check_address

MAX_CANDIDATES = 5

_AROUND = " \t\r\n\u00a0\u200b\u2060\ufeff\"'`<>"  # copied along with an address
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.IGNORECASE)
# What follows the base URL in addresses that servers and manuals print.
_OPERATIONS = re.compile(r"(?:/(?:chat/completions|completions|models|responses))+\Z")
_OLLAMA = re.compile(r"/api(?:/(?:generate|chat|tags))?\Z")  # its own protocol


def clean_address(text: str) -> str:
    """The base URL that is meant: without blanks, `/chat/completions` or slashes at its end.

    An address without a scheme gets `https://` if its host is a public name without a port,
    else `http://`.

    Raises:
        ValidationError: it is no address of an endpoint; the message says what to change.
    """
    text = text.strip(_AROUND)
    if not text or re.search(r"[\s\x00-\x1f\x7f]", text):
        raise ValidationError(
            "An address has no blanks in it. An example: http://localhost:11434/v1."
        )
    if "://" not in text:
        host = text.partition("/")[0]
        is_public_name = "." in host and ":" not in host and not host[-1].isdigit()
        text = ("https://" if is_public_name else "http://") + text
    try:
        parts = urlsplit(text)
        port = parts.port
        host = parts.hostname or ""
    except ValueError as error:
        raise ValidationError(f"This is no address: {error}.") from error
    if parts.scheme not in {"http", "https"}:
        raise ValidationError("An address begins with http:// or https://.")
    if parts.username or parts.password:
        raise ValidationError("Type the key into its own field, not into the address.")
    if port == 0:
        raise ValidationError("Port 0 is none that a server can listen on.")
    _check_host(host)
    path = _OPERATIONS.sub("", parts.path.rstrip("/"))
    return urlunsplit((parts.scheme, parts.netloc, path.rstrip("/"), parts.query, ""))


def validate_address(text: str) -> None:
    """Raises ValidationError if a text is no address of an endpoint."""
    clean_address(text)


def _check_host(host: str) -> None:
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        try:
            name = host.encode("idna").decode()
        except UnicodeError:
            name = ""
        labels = name.removesuffix(".").split(".")
        if len(name) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
            raise ValidationError(
                f"{host!r} is no name of a machine." if host else "The address names no machine."
            ) from None
    else:
        try:
            check_address(host)
        except UnusableAddress as error:
            raise ValidationError(str(error)) from error


def candidates(address: str) -> list[str]:
    """Other base URLs that may be meant by one that did not answer, the likeliest first."""
    parts = urlsplit(address)
    path = parts.path.rstrip("/")
    if path.endswith("/v1"):
        paths = [path.removesuffix("/v1")]
    elif not path or _OLLAMA.match(path):
        paths = ["/v1", "/api/v1", "/openai/v1", ""]
    else:
        paths = [f"{path}/v1", f"{path}/openai", "/v1"]
    other = "http" if parts.scheme == "https" else "https"
    found = [_with(parts, path=path) for path in paths]
    found.append(_with(parts, scheme=other))
    return [base for base in found if base != address][:MAX_CANDIDATES]


def _with(parts: SplitResult, **changes: str) -> str:
    return urlunsplit(parts._replace(fragment="", **changes))
