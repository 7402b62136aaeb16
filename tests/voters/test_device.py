"""What a request tells of the browser that sends it."""

from arena.voters.device import HEADERS, device_of
from arena.voters.network import network_of


def test_a_device_is_what_the_headers_tell_and_no_network() -> None:
    meta = {name: f"of {name}" for name in HEADERS}
    device = device_of(meta)
    assert device is not None
    assert device == device_of({**meta, "HTTP_ACCEPT": "*/*", "HTTP_COOKIE": "a=b"})
    assert len({device, *(device_of({**meta, name: "another"}) for name in HEADERS)}) == 6
    assert device_of({name: meta[name] for name in HEADERS[:2]}) is not None
    posing = {"HTTP_USER_AGENT": "203.0.113.0/24", "REMOTE_ADDR": "203.0.113.7"}
    assert device_of(posing) != network_of(posing)


def test_who_does_not_say_what_it_is_has_no_device() -> None:
    assert device_of({"HTTP_ACCEPT_LANGUAGE": "en"}) is None
    assert device_of({"HTTP_USER_AGENT": ""}) is None
