"""Addresses as people type them, and which machines an endpoint may be."""

import socket
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from arena.contestants.addresses import candidates, clean_address
from arena.contestants.network import UnusableAddress, check_address
from arena.contestants.provider import ErrorKind, Limits, Target, probe
from tests.arena_settings import ChangeSettings
from tests.openai_server import OpenAIServer

LIMITS = Limits(connect=1, first_token=2, between_tokens=1, whole=4)

TYPED = {
    "http://localhost:11434/v1": "http://localhost:11434/v1",
    "http://ollama:11434/v1": "http://ollama:11434/v1",
    "http://vllm/v1": "http://vllm/v1",
    "http://llama_cpp-server:8080/v1": "http://llama_cpp-server:8080/v1",
    "http://host.docker.internal:1234/v1": "http://host.docker.internal:1234/v1",
    "http://192.168.1.7:8000/v1": "http://192.168.1.7:8000/v1",
    "http://0.0.0.0:11434": "http://0.0.0.0:11434",
    "http://[::1]:8080/v1": "http://[::1]:8080/v1",
    "  http://ollama:11434/v1\t\n": "http://ollama:11434/v1",
    "\u00a0\u200bhttps://api.example/v1\ufeff": "https://api.example/v1",
    '"https://api.example/v1"': "https://api.example/v1",
    "<https://api.example/v1>": "https://api.example/v1",
    "https://api.example/v1/chat/completions": "https://api.example/v1",
    "https://api.example/v1/chat/completions/ ": "https://api.example/v1",
    "https://api.example/v1/models": "https://api.example/v1",
    "https://api.example/v1//": "https://api.example/v1",
    "https://api.example": "https://api.example",
    "https://a.example/openai/deployments/x/chat/completions?api-version=1": (
        "https://a.example/openai/deployments/x?api-version=1"
    ),
    "HTTPS://api.example/v1#part": "https://api.example/v1",
    "https://bücher.example/v1": "https://bücher.example/v1",
    "ollama:11434": "http://ollama:11434",
    "localhost:8080/v1": "http://localhost:8080/v1",
    "10.0.0.5/v1": "http://10.0.0.5/v1",
    "api.example.com/v1": "https://api.example.com/v1",
}
WRONG = [
    "",
    "   ",
    "http://",
    "http:///v1",
    "ftp://api.example/v1",
    "javascript://x/%0aalert(1)",
    "file:///etc/passwd",
    "http://two words/v1",
    "http://api.example/v1\r\nHost: x",
    "http://user:secret@api.example/v1",
    "http://api.example:99999/v1",
    "http://api.example:0/v1",
    "http://api.example:x/v1",
    "http://-bad-/v1",
    "http://a..b/v1",
    f"http://{'a' * 64}/v1",
    "http://[::1/v1",
    "http://169.254.169.254/v1",
    "http://[fe80::1]/v1",
    "http://[::ffff:169.254.169.254]/latest",
]


@pytest.mark.parametrize("typed", TYPED)
def test_an_address_is_understood(typed: str) -> None:
    assert clean_address(typed) == TYPED[typed]
    assert clean_address(TYPED[typed]) == TYPED[typed]


@pytest.mark.parametrize("typed", WRONG)
def test_an_invalid_address_is_refused_with_a_reason(typed: str) -> None:
    with pytest.raises(ValidationError) as caught:
        clean_address(typed)
    assert caught.value.messages[0].endswith(".")


def test_other_addresses_are_tried_the_likeliest_first() -> None:
    assert candidates("http://ollama:11434")[0] == "http://ollama:11434/v1"
    assert candidates("http://ollama:11434/api/generate")[0] == "http://ollama:11434/v1"
    assert candidates("https://api.example/v1")[0] == "https://api.example"
    assert "https://api.example/v1beta/openai" in candidates("https://api.example/v1beta")
    assert "http://api.example/v1" in candidates("https://api.example/v1")
    assert all(len(candidates(typed)) <= 5 for typed in TYPED.values())


LINK_LOCAL = [
    "169.254.169.254",
    "169.254.170.2",
    "fe80::1",
    "fe80::1%eth0",
    "fd00:ec2::254",
    "100.100.100.200",
    "168.63.129.16",
    "::ffff:169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "ff02::1",
]
PRIVATE = [
    "127.0.0.1",
    "::1",
    "0.0.0.0",
    "10.1.2.3",
    "172.17.0.1",
    "192.168.0.2",
    "100.64.0.1",
    "fd12::1",
    "::ffff:10.0.0.1",
]


@pytest.mark.parametrize("address", LINK_LOCAL)
def test_no_endpoint_is_at_a_metadata_service(address: str) -> None:
    with pytest.raises(UnusableAddress):
        check_address(address)


@pytest.mark.parametrize("address", PRIVATE)
def test_a_setting_decides_about_private_addresses(
    address: str, arena_settings: ChangeSettings
) -> None:
    check_address(address)
    arena_settings(private_endpoints=False)
    with pytest.raises(UnusableAddress, match="ARENA_PRIVATE_ENDPOINTS"):
        check_address(address)


@pytest.mark.parametrize("address", ["8.8.8.8", "2606:4700::1111"])
def test_public_addresses_are_always_allowed(address: str, arena_settings: ChangeSettings) -> None:
    arena_settings(private_endpoints=False)
    check_address(address)


def resolve_to(monkeypatch: pytest.MonkeyPatch, *addresses: str) -> None:
    """Have the name `renamed.example` mean these addresses, as its DNS may say at any time."""
    real = socket.getaddrinfo

    def found(host: Any, port: Any, *args: Any, **kwargs: Any) -> Any:
        if host != "renamed.example":
            return real(host, port, *args, **kwargs)
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [
            (family[":" in address], socket.SOCK_STREAM, 6, "", (address, port))
            for address in addresses
        ]

    monkeypatch.setattr(socket, "getaddrinfo", found)


@pytest.mark.parametrize("address", ["169.254.169.254", "fe80::1", "::ffff:169.254.169.254"])
def test_a_host_name_of_a_metadata_service_is_refused(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, address)
    report = probe(Target("http://renamed.example/v1", "ok"), LIMITS)
    assert report.error and report.error.kind == ErrorKind.UNREACHABLE
    assert "metadata" in report.error.detail


def test_only_the_allowed_addresses_of_a_host_are_tried(
    openai_server: OpenAIServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    resolve_to(monkeypatch, "169.254.169.254", "::1", "127.0.0.1")
    base_url = f"http://renamed.example:{openai_server.port}/v1"
    assert probe(Target(base_url, "ok"), LIMITS).finished
    assert openai_server.requests[-1].headers["host"].startswith("renamed.example")


def test_private_endpoints_are_refused_where_the_setting_says_so(
    openai_server: OpenAIServer, arena_settings: ChangeSettings
) -> None:
    assert probe(Target(openai_server.url, "ok"), LIMITS).finished
    arena_settings(private_endpoints=False)
    requests = len(openai_server.requests)
    report = probe(Target(openai_server.url, "ok"), LIMITS)
    assert report.error and "ARENA_PRIVATE_ENDPOINTS" in report.error.detail
    assert len(openai_server.requests) == requests


def test_a_redirect_is_not_followed(openai_server: OpenAIServer) -> None:
    report = probe(Target(openai_server.url, "redirect"), LIMITS)
    assert report.error and report.error.kind == ErrorKind.REJECTED
    assert report.error.detail.startswith("HTTP 30")
