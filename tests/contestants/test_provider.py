"""An endpoint may do what it likes: an answer ends within its limits, whole or with an error."""

import datetime
import ssl
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from arena.contestants import network
from arena.contestants.provider import (
    Delta,
    Ending,
    ErrorKind,
    Finished,
    Limits,
    Message,
    ProviderError,
    Target,
    Waiting,
    probe,
    stream_chat,
)
from arena.contestants.provider import client as provider
from arena.workbench.samples import SAMPLES
from tests.contestants.behaviours import BAD
from tests.openai_server import BEHAVIOURS, WORDS, OpenAIServer, Wire
from tests.speed import seconds, wait_until

# What comes to an end by itself does so long before these limits.
LIMITS = Limits(connect=60, first_token=120, between_tokens=120, whole=240, max_chars=60_000)
SHORT = Limits(connect=60, first_token=1, between_tokens=0.7, whole=1.5, max_chars=60_000)
QUESTION: list[Message] = [{"role": "user", "content": "Why is the sky blue?"}]
SENTENCE = " ".join(WORDS) + " "

GOOD = {
    "ok": SENTENCE,
    "crlf": "one two",
    "comments": "heard",
    "no-done": "all of it",
    "no-finish-reason": "done is enough",
    "split-utf8": "naïve 🎉 日本",
    "null-content": "after null",
    "nul-characters": "nonul",
    "invalid-utf8": "a\ufffd b",
    "one-big-chunk": SENTENCE,
    "no-chunks": "ends with the connection",
    "gzip": "unpacked",
    "bare-cr": "carriage returns",
    "split-crlf": "apart",
    "multi-line-data": "over lines",
    "done-without-newline": "no blank line at the end",
    "holds-open": "whole",
    "reset-after-finish": "whole all the same",
    "lone-surrogate": "half  a pair",
    "null-delta": "text",
    "content-parts": "thought over",
    "refuses-usage": SENTENCE,
    "echo": "Why is the sky blue?",
    "reasoning-content": "Blue.",
    "json-not-stream": "all",
}
UNSAID = {"no-finish-reason", "json-not-stream"}  # that all was sent shows in another way


@pytest.fixture(scope="module")
def server() -> Iterator[OpenAIServer]:
    with OpenAIServer() as server:
        yield server


def ask(
    server: OpenAIServer, behaviour: str, limits: Limits = LIMITS, **target: Any
) -> tuple[str, Finished]:
    """The whole text of an answer, and how it ended."""
    *deltas, finished = (
        event
        for event in stream_chat(Target(server.url, behaviour, **target), QUESTION, limits)
        if not isinstance(event, Waiting)
    )
    assert isinstance(finished, Finished)
    assert all(isinstance(delta, Delta) and delta.text for delta in deltas)
    return "".join(delta.text for delta in deltas if isinstance(delta, Delta)), finished


def failure(
    server: OpenAIServer, behaviour: str, limits: Limits = LIMITS, **target: Any
) -> ProviderError:
    with pytest.raises(ProviderError) as caught:
        ask(server, behaviour, limits, **target)
    return caught.value


@pytest.mark.parametrize("behaviour", GOOD)
def test_an_odd_but_valid_stream_is_understood(server: OpenAIServer, behaviour: str) -> None:
    started = time.monotonic()
    text, finished = ask(server, behaviour)
    assert text == GOOD[behaviour]
    assert finished.ending is Ending.WHOLE
    assert finished.reason == ("done" if behaviour in UNSAID else "stop")
    assert 0 < finished.first_token_seconds <= finished.seconds <= time.monotonic() - started


@pytest.mark.parametrize("behaviour", BAD)
def test_a_bad_endpoint_ends_in_a_defined_error_within_the_limits(
    server: OpenAIServer, behaviour: str
) -> None:
    started = time.monotonic()
    error = failure(server, behaviour, SHORT if BAD[behaviour] == ErrorKind.TIMEOUT else LIMITS)
    assert error.kind == BAD[behaviour], error
    assert error.detail.isprintable()
    assert 0 < len(error.detail) <= 500
    assert time.monotonic() - started < seconds(30)


def test_every_behaviour_of_the_server_is_tried() -> None:
    elsewhere = {"paced", "timestamps", "slow", "hostile-markup", "fails-twice", "hostile-headers"}
    elsewhere |= {"babble-fast", "babble-slow", "late", "filtered", "gather", "on-demand"}
    elsewhere |= {"talk", "echo-and-hang", "own-word", "takes-keys", "echoes-key", *SAMPLES}
    tells = {"thinks", "thinks-unmarked", "thinks-only", "cites", "error-as-text"}
    assert BEHAVIOURS.keys() == GOOD.keys() | BAD.keys() | elsewhere | tells
    assert len(BAD) >= 25


@pytest.mark.parametrize(
    ("behaviour", "limits"),
    [
        ("hang-before-token", replace(LIMITS, first_token=0.5)),
        ("hang-mid", replace(LIMITS, between_tokens=0.5)),
        ("never-stops", replace(LIMITS, whole=0.5)),
        ("keep-alive-forever", replace(LIMITS, first_token=0.5)),
    ],
)
def test_each_limit_holds_on_its_own(server: OpenAIServer, behaviour: str, limits: Limits) -> None:
    started = time.monotonic()
    assert failure(server, behaviour, limits).kind == ErrorKind.TIMEOUT
    assert 0.4 < time.monotonic() - started < LIMITS.first_token


def test_each_token_arrives_before_the_next_one_is_sent(server: OpenAIServer) -> None:
    server.tokens = 20
    events = stream_chat(Target(server.url, "on-demand"), QUESTION, LIMITS)
    deltas = (event for event in events if isinstance(event, Delta))
    for number in range(20):
        server.wanted.release()
        assert next(deltas).text == f"{number} "
    assert next(deltas, None) is None


def test_a_worker_full_of_streams_mixes_nothing_up(server: OpenAIServer) -> None:
    behaviours = [*GOOD, "hang-mid", "reset-connection", "rubbish-json"] * 9
    idle = replace(LIMITS, between_tokens=2)

    def outcome(behaviour: str) -> str:
        try:
            return ask(server, behaviour, idle if behaviour == "hang-mid" else LIMITS)[0]
        except ProviderError as error:
            return error.kind

    with ThreadPoolExecutor(256) as pool:
        outcomes = list(pool.map(outcome, behaviours))
    assert outcomes == [GOOD.get(b) or BAD[b] for b in behaviours]
    wait_until(lambda: server.open == 0)


def test_the_request_says_what_the_protocol_asks(server: OpenAIServer) -> None:
    ask(
        server,
        "ok",
        api_key="sk-secret",
        system_prompt="Be brief.",
        parameters={"temperature": 0.5, "model": "another", "stream": False, "messages": []},
    )
    request = server.requests[-1]
    assert request.headers["authorization"] == "Bearer sk-secret"
    assert request.body["model"] == "ok"
    assert request.body["stream"] is True
    assert request.body["temperature"] == 0.5
    assert request.body["messages"] == [{"role": "system", "content": "Be brief."}, *QUESTION]


def test_usage_is_counted(server: OpenAIServer) -> None:
    _, finished = ask(server, "ok")
    assert (finished.prompt_tokens, finished.completion_tokens) == (7, 15)


def test_an_endpoint_that_refuses_to_count_is_asked_only_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider, "WITHOUT_USAGE", set())
    with OpenAIServer() as strict:
        ask(strict, "refuses-usage")
        ask(strict, "refuses-usage")
        assert ["stream_options" in r.body for r in strict.requests] == [True, False, False]


def test_a_refusal_that_quotes_the_prompt_does_not_end_the_counting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(provider, "WITHOUT_USAGE", set())
    quoting = Wire([b'{"error": "no stream_options here"}'], "400 Bad Request", "application/json")
    with OpenAIServer(wires={"quotes": [quoting]}) as strict:
        for _ in range(2):
            assert failure(strict, "quotes").kind == ErrorKind.REJECTED
        assert ["stream_options" in r.body for r in strict.requests] == [True, False, True, False]
        assert not provider.WITHOUT_USAGE


@pytest.mark.parametrize("behaviour", ["unauthorised", "tells-the-key"])
def test_an_error_never_holds_the_key(server: OpenAIServer, behaviour: str) -> None:
    error = failure(server, behaviour, api_key="sk-very-secret")
    assert "[key]" in error.detail
    assert "sk-very-secret" not in f"{error} {error.detail} {error.__cause__}"
    assert "sk-very-secret" not in repr(Target(server.url, "ok", api_key="sk-very-secret"))


@pytest.mark.parametrize("key", ["sk-secret\n", "sk-secret\r\nX-Admin: 1", "sk-sécret"])
def test_a_key_that_no_header_can_carry_is_not_sent(server: OpenAIServer, key: str) -> None:
    requests = len(server.requests)
    error = failure(server, "ok", api_key=key)
    assert error.kind == ErrorKind.UNREACHABLE
    assert "cret" not in error.detail
    assert len(server.requests) == requests


@pytest.mark.parametrize(
    "address",
    ["http://127.0.0.1:9/v1", "http://:80/v1", "file:///etc/passwd", "", "http://no-such.invalid"],
)
def test_an_unreachable_endpoint_is_an_error(address: str) -> None:
    with pytest.raises(ProviderError) as caught:
        list(stream_chat(Target(address, "ok"), QUESTION, LIMITS))
    assert caught.value.kind == ErrorKind.UNREACHABLE


def test_an_address_with_an_impossible_port_is_a_defined_error() -> None:
    with pytest.raises(ProviderError):
        list(stream_chat(Target("http://localhost:99999/v1", "ok"), QUESTION, LIMITS))


@pytest.mark.parametrize("behaviour", ["paced", "hang-mid"])
def test_closing_the_stream_closes_the_connection(server: OpenAIServer, behaviour: str) -> None:
    server.rate, server.tokens = 20.0, 1000
    wait_until(lambda: server.open == 0)
    events = stream_chat(Target(server.url, behaviour), QUESTION, LIMITS)
    next(events)
    started = time.monotonic()
    events.close()
    assert time.monotonic() - started < 20  # the endpoint would go on for longer
    wait_until(lambda: server.open == 0)


def test_a_probe_reports_what_came_back(server: OpenAIServer) -> None:
    report = probe(Target(server.url, "ok"), LIMITS)
    assert report.finished
    assert report.text == SENTENCE
    assert report.finished.completion_tokens == 15
    report = probe(Target(server.url, "error-in-stream"), LIMITS)
    assert report.finished is None
    assert report.text == "well, "
    assert "CUDA out of memory" in str(report.error)
    report = probe(Target(server.url, "html"), LIMITS)
    assert "Welcome to the proxy" in str(report.error)


def test_a_probe_whose_answer_is_broken_off_failed(server: OpenAIServer) -> None:
    report = probe(Target(server.url, "filtered"), LIMITS)
    assert report.finished is None
    assert "'content_filter' after 15 tokens; the parameters set no max_tokens" in str(report.error)


@pytest.fixture
def certificate(tmp_path: Path) -> Path:
    """A key and a certificate that localhost signed for itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    signed = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path / "localhost.pem"
    file.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + signed.public_bytes(serialization.Encoding.PEM)
    )
    return file


@pytest.fixture
def tls_server(certificate: Path) -> Iterator[OpenAIServer]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    with OpenAIServer(tls=context) as server:
        yield server


def test_an_untrusted_certificate_is_refused(tls_server: OpenAIServer) -> None:
    error = failure(tls_server, "ok", api_key="sk-secret")
    assert error.kind == ErrorKind.UNREACHABLE
    assert "certificate" in error.detail.lower()
    assert not tls_server.requests


def test_limits_hold_over_tls(
    tls_server: OpenAIServer, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    network.tls_context.cache_clear()
    try:
        assert ask(tls_server, "ok")[0] == SENTENCE
        for behaviour in ("hang-before-headers", "hang-mid", "dribble-bytes"):
            assert failure(tls_server, behaviour, SHORT).kind == ErrorKind.TIMEOUT
    finally:
        network.tls_context.cache_clear()
