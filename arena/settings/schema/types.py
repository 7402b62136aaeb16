"""Types of settings that are read from words, such as "60/600 600/600 6000/600"."""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any

from cryptography.fernet import Fernet
from pydantic import AfterValidator, BeforeValidator

from arena.voters.throttling.price import Allowance
from ratings.proof import Signer

Limits = Mapping[str, tuple[int, int]]
"""For each scope (voter, network, site, …) how many in how many seconds; none: no limit."""


def _limits(*scopes: str) -> BeforeValidator:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        pairs = [tuple(map(int, word.split("/"))) for word in value.split()]
        limits = {
            scope: (count, seconds)
            for scope, (count, seconds) in zip(scopes, pairs, strict=bool(pairs))
        }
        if any(count < 1 or seconds < 1 for count, seconds in limits.values()):
            raise ValueError("a limit is at least 1/1")
        return limits

    return BeforeValidator(read)


VisitorLimits = Annotated[Limits, _limits("voter", "network", "site")]
AccountLimits = Annotated[Limits, _limits("account_network", "account")]
BrowserLimits = Annotated[Limits, _limits("voter")]


def _allowance(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if not value:
        return None
    network, provider, site = map(int, value.split())
    if min(network, provider, site) < 1:
        raise ValueError("an allowance is positive")
    return Allowance(network, provider, site)


Newcomers = Annotated[Allowance | None, BeforeValidator(_allowance)]


def _header_value(value: str) -> str:
    if not (value.strip() and value.isascii() and value.isprintable()):
        raise ValueError("a header takes printable ASCII characters")
    return value.strip()


UserAgent = Annotated[str, AfterValidator(_header_value)]


def _given(value: Any) -> Any:
    if value == "":
        raise ValueError("it is empty")
    return value


Folder = Annotated[Path, BeforeValidator(_given)]
"""A path. An empty one would be the folder in which the program happens to run."""


def _words(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return tuple(filter(None, (word.strip() for word in value.split(","))))


Words = Annotated[tuple[str, ...], BeforeValidator(_words)]
"""Texts that commas separate."""


def _keys(kind: str, read: Callable[[str], object]) -> AfterValidator:
    def check(keys: tuple[str, ...]) -> tuple[str, ...]:
        try:
            for key in keys:
                read(key)
        except ValueError as error:
            raise ValueError(f"holds a value that is not a {kind} key: {error}") from None
        return keys

    return AfterValidator(check)


FernetKeys = Annotated[Words, _keys("Fernet", Fernet)]
SigningKeys = Annotated[Words, _keys("signing", Signer.from_text)]
