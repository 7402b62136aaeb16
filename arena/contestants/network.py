"""Which machines an endpoint may be: checked after DNS, at each connection.

No address that an operator types, and nothing that DNS answers later, leads a request to the
metadata service of a cloud, which gives its keys to whoever asks from within (CWE-918).
"""

import socket
from functools import cache
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError
from urllib3.util.ssl_ import create_urllib3_context

IPAddress = IPv4Address | IPv6Address

# Metadata services that are not at a link-local address.
METADATA = frozenset(
    map(
        ip_address,
        [
            "100.100.100.200",  # Alibaba Cloud
            "168.63.129.16",  # Azure
            "192.0.0.192",  # Oracle Cloud
            "fd00:ec2::254",  # AWS
            "fd20:ce::254",  # Google Cloud
        ],
    )
)
_NAT64 = ip_network("64:ff9b::/96")  # RFC 6052


class UnusableAddress(OSError):
    """No endpoint may be at this address."""


def check_address(address: str) -> None:
    """Check an IP address.

    Raises:
        UnusableAddress: no endpoint may be there; the text says why.
    """
    ip = _innermost(ip_address(address.partition("%")[0]))
    if ip.is_link_local or ip in METADATA:
        raise UnusableAddress(
            f"{ip} is a link-local or metadata address, which no endpoint may have."
        )
    if ip.is_multicast or (ip.version == 4 and ip.is_reserved):
        raise UnusableAddress(f"{ip} is not the address of one machine.")
    if not settings.ARENA.private_endpoints and not ip.is_global:
        raise UnusableAddress(
            f"{ip} is a private address; ARENA_PRIVATE_ENDPOINTS is off, so endpoints have "
            "public ones only."
        )


def _innermost(ip: IPAddress) -> IPAddress:
    """The IPv4 address inside an IPv6 address, or the address itself."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFF_FFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


class _Checked(HTTPConnection):
    """A connection to one of the addresses of its host that an endpoint may have."""

    def _new_conn(self) -> socket.socket:
        name = self._dns_host
        try:
            found = socket.getaddrinfo(name, self.port, type=socket.SOCK_STREAM)
        except (socket.gaierror, UnicodeError) as error:
            raise NameResolutionError(self.host, self, socket.gaierror(f"{error}")) from error
        failure: Exception | None = None
        for address in dict.fromkeys(str(entry[4][0]) for entry in found):
            try:
                check_address(address)
                self._dns_host = address
                return super()._new_conn()
            except (UnusableAddress, NewConnectionError, ConnectTimeoutError) as error:
                failure = failure or error
            finally:
                self._dns_host = name
        raise failure or OSError(f"{name} has no address.")


class _CheckedTLS(_Checked, HTTPSConnection):
    """The same, encrypted; certificates are checked against the host's name."""


@cache
def tls_context() -> Any:
    """What certificates are checked against, read once: SSL_CERT_FILE names other roots."""
    context = create_urllib3_context()
    context.load_default_certs()
    return context


def connection_to(base_url: str, timeout: float) -> HTTPConnection:
    """A connection to the host of an address, not yet made; `timeout` is in seconds.

    Raises:
        UnusableAddress: it is no address of HTTP.
    """
    address = urlsplit(base_url)
    if address.scheme not in {"http", "https"} or not address.hostname:
        raise UnusableAddress("The base URL is no address of HTTP.")
    if address.scheme == "https":
        return _CheckedTLS(
            address.hostname, address.port or 443, timeout=timeout, ssl_context=tls_context()
        )
    return _Checked(address.hostname, address.port or 80, timeout=timeout)
