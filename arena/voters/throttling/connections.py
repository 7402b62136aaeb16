"""How many connections that stay open one browser, one address and one web process may hold.

Sockets, event streams and long polls cost memory for as long as they are open, so that they are
counted, each web process for itself. Whoever is refused is served by short requests instead.

A full process makes room for a newcomer at the cost of whoever holds most: the newest connection of
the heaviest network goes, as long as that network holds more than the newcomer's. So does the
newest one of the heaviest browser at a full address. To fill the process, an attacker needs as many
networks as there are other visitors, not as many connections.
"""

import asyncio
from collections import Counter
from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_network
from typing import Any

from django.conf import settings

from arena.voters.identity import voter_id_from_cookies
from arena.voters.origin.network import address_of, network_of

IPV6_PREFIX = 64


class TooManyConnections(Exception):
    """This browser, its address or the process holds as many connections as it may."""


@dataclass(frozen=True, slots=True)
class Holder:
    """Who holds a connection, as far as a request tells.

    `browser` is empty without a cookie. A browser is `known` by a cookie that we signed: other
    cookies can be invented, so that nobody loses a connection for what they say.
    """

    browser: str
    known: bool
    address: str
    network: str

    @classmethod
    def of(cls, meta: Mapping[str, Any], cookies: Mapping[str, str]) -> "Holder":
        """Who sends a request with these headers, in Django's words, and these cookies."""
        voter_id = voter_id_from_cookies(cookies)
        address = address_of(meta)
        if isinstance(address, IPv6Address):
            name = str(ip_network((address, IPV6_PREFIX), strict=False))
        else:
            name = str(address)  # "None" for all whose address is not known
        return cls(
            browser=str(voter_id or cookies.get(settings.SESSION_COOKIE_NAME, "")),
            known=voter_id is not None,
            address=name,
            network=network_of(meta) or name,
        )


@dataclass(eq=False, slots=True)
class Connection:
    """One that is open. `lost` is set when it has to go for another one."""

    holder: Holder
    lost: asyncio.Event = field(default_factory=asyncio.Event)


class Connections:
    """All connections that this process holds, the oldest first. For one event loop.

    Args:
        most: how many it can hold, if that is fewer than the setting allows.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: dict[Connection, None] = {}
        self._of_browser: Counter[str] = Counter()
        self._at_address: Counter[str] = Counter()

    def __len__(self) -> int:
        return len(self._open)

    def enter(self, holder: Holder) -> Connection:
        """Count one more.

        Raises:
            TooManyConnections: there is no room for it.
        """
        if self._of_browser[holder.browser] >= settings.ARENA.connections_per_browser:
            raise TooManyConnections
        if self._at_address[holder.address] >= settings.ARENA.connections_per_address:
            neighbours = [c for c in self._open if c.holder.address == holder.address]
            self._make_room(neighbours, holder, lambda h: h.browser if h.known else "")
        if len(self._open) >= min(self._most, settings.ARENA.connections):
            self._make_room(self._open, holder, lambda h: h.network)
        connection = Connection(holder)
        self._open[connection] = None
        if holder.browser:
            self._of_browser[holder.browser] += 1
        self._at_address[holder.address] += 1
        return connection

    def leave(self, connection: Connection) -> None:
        """No longer count one that has ended or was lost."""
        if connection not in self._open:
            return
        del self._open[connection]
        for counts, name in (
            (self._of_browser, connection.holder.browser),
            (self._at_address, connection.holder.address),
        ):
            counts[name] -= 1
            if counts[name] <= 0:
                del counts[name]

    def _make_room(
        self,
        among: Iterable[Connection],
        newcomer: Holder,
        kind: Callable[[Holder], Hashable],
    ) -> None:
        counts = Counter(kind(connection.holder) for connection in among)
        heaviest, most = counts.most_common(1)[0]
        if most <= counts[kind(newcomer)] + 1:
            raise TooManyConnections
        loser = [c for c in among if kind(c.holder) == heaviest][-1]
        loser.lost.set()
        self.leave(loser)
