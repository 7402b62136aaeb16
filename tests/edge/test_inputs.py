"""Addresses, queries, forms, cookies and JSON that hold no text get a clear answer, never a 500."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client

from tests.factories import Registered
from tests.members import make_operator

pytestmark = pytest.mark.django_db

DEEP = 100_000


@pytest.fixture
def client() -> Client:
    return Client(raise_request_exception=False)


@pytest.fixture
def operator(client: Client, db: None) -> Client:
    client.force_login(make_operator())
    return client


@pytest.mark.parametrize(
    "address",
    [
        "/?version=%00",
        "/leaderboard/?style=%00",
        "/conversations/?q=a%00b",
        "/account/battles/?q=%00",
        "/account/battles/?before=%00",
        "/account/battles/?%00=1",
        "/account/oidc/%00/login/",
        "/account/login/?next=%00",
        "/account/login/%00",
        "/exports/%00/votes.parquet",
        "/no/%00/where",
        "/admin/login/?next=%00",
        "/health?%00",
    ],
)
def test_an_address_with_a_nul_is_a_readable_page(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 400
    assert "characters that are not text" in response.content.decode()


@pytest.mark.parametrize(
    "address",
    [
        "/api/v1/contestants?organisation=%00",
        "/api/v1/contestants?version=%00",
        "/api/v1/boards/%00/leaderboard",
        "/api/v1/contestants/a%00b/history?board=%00",
    ],
)
def test_it_is_a_problem_document_in_the_api(client: Client, address: str) -> None:
    response = client.get(address)
    assert response.status_code == 400
    assert response.headers["Content-Type"] == "application/problem+json"
    assert response.json()["type"] == "urn:blind-arena:not-text"


@pytest.mark.parametrize(
    "query",
    ["?is_active__exact=%00", "?username=%00", "?q=%00", "?e=1&%00", "?date_joined__gte=%00"],
)
def test_filters_of_the_admin_take_no_nul(operator: Client, query: str) -> None:
    assert operator.get(f"/admin/voters/member/{query}").status_code == 400


@pytest.mark.parametrize("address", ["/?q=%ED%A0%80", "/%FF%FE", "/?q=%C0%80", "/leaderboard/%F5/"])
def test_bytes_that_are_not_utf8_are_a_client_error(client: Client, address: str) -> None:
    assert client.get(address).status_code in {200, 404}


@pytest.mark.parametrize("path", ["/account/login/", "/account/erase/", "/account/signup/", "/"])
@pytest.mark.parametrize("form", [{"login": "a\0b"}, {"a\0b": "login"}, {"x": ["fine", "\0"]}])
def test_a_form_with_a_nul_is_a_readable_page(
    client: Client, path: str, form: dict[str, Any]
) -> None:
    assert client.post(path, form).status_code == 400
    urlencoded = "&".join(
        f"{quote(name)}={quote(value)}"
        for name, values in form.items()
        for value in ([values] if isinstance(values, str) else values)
    )
    response = client.post(path, urlencoded, content_type="application/x-www-form-urlencoded")
    assert response.status_code == 400


@pytest.mark.parametrize("name", ["sessionid", "arena_voter", "csrftoken", "messages", "other"])
@pytest.mark.parametrize("value", [r'"\000"', r'"a\000b"'])
def test_a_cookie_with_a_nul_is_ignored(client: Client, name: str, value: str) -> None:
    """An octal escape inside quotation marks spells one; sessions are looked up by cookie."""
    for address in (
        "/",
        "/account/battles/",
        "/api/v1/battles/5f0c5ab5-6be8-4f34-9f3a-30c3f8f3a8b5",
    ):
        response = client.get(address, HTTP_COOKIE=f"{name}={value}")
        assert response.status_code in {200, 404}


def post(client: Client, body: str | bytes) -> Any:
    return client.post("/api/v1/battles", body, content_type="application/json")


@pytest.mark.parametrize(
    "body",
    [
        "[" * DEEP,
        "[" * DEEP + "]" * DEEP,
        '{"prompt":' * DEEP,
        '{"prompt":' * DEEP + "1" + "}" * DEEP,
        '{"prompt":' + "[" * 500 + "]" * 500 + "}",
        '{"prompt":"a","x":' + "[{}," * 30 + "1" + "]" * 30 + "}",
        "1" * 10_000,
        '{"prompt": ' + "9" * 10_000 + "}",
        '{"prompt": NaN}',
        b'\xef\xbb\xbf{"prompt": 1}',
        b'{"prompt": "\xed\xa0\x80"}',
    ],
)
def test_json_that_is_deep_or_broken_is_a_problem(client: Client, body: str | bytes) -> None:
    response = post(client, body)
    assert response.status_code == 400, response.content[:300]
    assert response.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("bad", ["\ud800", "half \udfff", "\0", "a\0b"])
@pytest.mark.parametrize(
    ("make", "pointer"),
    [
        (lambda bad: {"prompt": bad}, "#/prompt"),
        (lambda bad: {"prompt": "Why?", "consent": bad}, "#/consent"),
        (lambda bad: {"prompt": "Why?", "proof": bad}, "#/proof"),
        (lambda bad: {"prompt": "Why?", "contestants": ["a", bad]}, "#/contestants/1"),
        (lambda bad: {"prompt": "Why?", "unknown": {"deep": [bad]}}, "#/unknown/deep/0"),
        (lambda bad: {"prompt": "Why?", bad: 1}, "#"),
        (lambda bad: bad, "#"),
    ],
)
def test_json_with_unstorable_text_says_where(
    client: Client, bad: str, make: Any, pointer: str
) -> None:
    response = post(client, json.dumps(make(bad)))
    assert response.status_code == 400
    (error,) = response.json()["errors"]
    assert error["pointer"] == pointer
    assert "not text" in error["detail"]


def test_a_form_of_the_api_says_where(client: Client, contestant: Registered) -> None:
    response = client.post("/api/v1/battles", {"prompt": "a\0b"})
    assert response.status_code == 400
    assert response.json()["errors"][0]["pointer"] == "#/prompt/0"
