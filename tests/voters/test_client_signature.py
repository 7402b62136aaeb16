"""What a request shows about the browser that sends it."""

from arena.voters.origin.client_signature import HEADERS, client_signature
from arena.voters.origin.network import network_of


def test_a_device_is_what_the_headers_tell_and_no_network() -> None:
    meta = {name: f"of {name}" for name in HEADERS}
    device = client_signature(meta)
    assert device is not None
    assert device == client_signature({**meta, "HTTP_ACCEPT": "*/*", "HTTP_COOKIE": "a=b"})
    assert len({device, *(client_signature({**meta, name: "another"}) for name in HEADERS)}) == 6
    assert client_signature({name: meta[name] for name in HEADERS[:2]}) is not None
    posing = {"HTTP_USER_AGENT": "203.0.113.0/24", "REMOTE_ADDR": "203.0.113.7"}
    assert client_signature(posing) != network_of(posing)


def test_who_does_not_say_what_it_is_has_no_device() -> None:
    assert client_signature({"HTTP_ACCEPT_LANGUAGE": "en"}) is None
    assert client_signature({"HTTP_USER_AGENT": ""}) is None
