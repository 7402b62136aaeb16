"""The network of a visitor, stored only as a pseudonym: a keyed hash whose key changes daily."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any

import redis
from django.conf import settings
from django.utils import timezone

from arena.common.redis import redis_client

# What one subscriber or one rented server can easily move around in.
IPV4_PREFIX = 24
IPV6_PREFIX = 48
# What one provider has many of, and a large renter some.
PROVIDER_IPV4_PREFIX = 16
PROVIDER_IPV6_PREFIX = 32
# Networks of a home, an office or this machine: who sees them is beside the site.
LOCAL = [
    ip_network(text)
    for text in (
        *("127.0.0.0/8", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "169.254.0.0/16"),
        *("::/48", "fc00::/7", "fe80::/10"),
    )
]
KEY_SECONDS = 2 * 24 * 3600


def address_of(meta: Mapping[str, Any]) -> IPv4Address | IPv6Address | None:
    """The address that a request comes from, if it has one.

    Each proxy appends the address that it was called from to X-Forwarded-For, so the last
    ARENA_TRUSTED_PROXIES entries are true, and what stands before them may be the caller's own.
    """
    hops = settings.ARENA.trusted_proxies
    forwarded = [part.strip() for part in meta.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    reported = forwarded[-hops] if 0 < hops <= len(forwarded) else ""
    return _parsed(reported or meta.get("REMOTE_ADDR", ""))


def network_of(meta: Mapping[str, Any]) -> str | None:
    """The network of a request, such as ``203.0.113.0/24``; None if it has no address."""
    address = address_of(meta)
    if address is None:
        return None
    prefix = IPV4_PREFIX if address.version == 4 else IPV6_PREFIX
    return str(ip_network((address, prefix), strict=False))


def provider_of(network: str) -> str:
    """The larger network around one of `network_of`, such as ``203.0.0.0/16``."""
    inner = ip_network(network)
    prefix = PROVIDER_IPV4_PREFIX if inner.version == 4 else PROVIDER_IPV6_PREFIX
    return str(inner.supernet(new_prefix=prefix))


def is_local(network: str) -> bool:
    """Whether a network of `network_of` is private, as that of an office or of a proxy."""
    address = ip_network(network).network_address
    return any(address in local for local in LOCAL if local.version == address.version)


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """An address as proxies write it: perhaps with a port or in brackets."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        address = ip_address(text)
    except ValueError:
        return None
    mapped = address.ipv4_mapped if isinstance(address, IPv6Address) else None
    return mapped or address


class DayKeys:
    """The random keys of today and of yesterday, under which networks have names.

    They are in Redis alone, and gone after two days: then nobody can tell what a name stood for,
    nor try all addresses to find out. One request reads them once, when it first needs a name, and
    does not ask again if Redis was away.
    """

    def __init__(self) -> None:
        self._found: tuple[str, str | None] | redis.RedisError | None = None

    def now(self, thing: str) -> str:
        """The name of a network today, or of what else is kept only so: an HMAC under the key.

        Raises:
            redis.RedisError: Redis is away.
        """
        return _named(thing, self._keys()[0])

    def before(self, thing: str) -> str | None:
        """The name that it had yesterday, if it had one.

        Raises:
            redis.RedisError: Redis is away.
        """
        yesterday = self._keys()[1]
        return _named(thing, yesterday) if yesterday else None

    def lately(self, thing: str | None) -> list[str]:
        """Both names, today's first, as far as they can be computed; none of None."""
        if thing is None:
            return []
        try:
            return [name for name in (self.now(thing), self.before(thing)) if name]
        except redis.RedisError:
            return []

    def _keys(self) -> tuple[str, str | None]:
        if self._found is None:
            try:
                self._found = _read_keys()
            except redis.RedisError as error:
                self._found = error
        if isinstance(self._found, redis.RedisError):
            raise self._found
        return self._found


def pseudonym(network: str) -> str:
    """The name of a network today, see `DayKeys`.

    Raises:
        redis.RedisError: Redis is away.
    """
    return DayKeys().now(network)


def _read_keys() -> tuple[str, str | None]:
    """The keys of today, made if it is the first time, and of yesterday."""
    now = timezone.now()
    today, yesterday = _key_name(now), _key_name(now - timedelta(days=1))
    with connection().pipeline(transaction=False) as pipeline:
        # Of two processes that come first, one sets it.
        pipeline.set(today, secrets.token_hex(32), nx=True, ex=KEY_SECONDS)
        pipeline.mget(today, yesterday)
        _, (key, former) = pipeline.execute()
    return str(key), former and str(former)


def _key_name(moment: datetime) -> str:
    return f"network-key:{moment:%Y-%m-%d}"


def _named(thing: str, key: str) -> str:
    return hmac.new(key.encode(), thing.encode(), hashlib.sha256).hexdigest()[:32]


@cache
def connection() -> redis.Redis:
    """Redis as limits use it: a visitor waits for it only briefly."""
    return redis_client(reply_seconds=0.5, decode_responses=True)
