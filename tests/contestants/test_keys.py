"""Endpoints' keys in the admin go in and are never seen again; who may test an endpoint."""

import re
from html import unescape
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse

from arena.contestants.admin.hints import hint_for
from arena.contestants.models import Endpoint
from arena.contestants.provider import ErrorKind
from arena.voters.models import Member
from tests.arena_settings import ChangeSettings
from tests.contestants.catalogue_form import filled_in, page_of, save, saved
from tests.factories import Registered
from tests.members import add_second_factor, logged_in, make_operator
from tests.openai_server import OpenAIServer

pytestmark = pytest.mark.django_db

KEY = "sk-very-secret-0123456789"


def staff(*permissions: str) -> Client:
    member = Member.objects.create_user("operator", is_staff=True)
    add_second_factor(member)
    member.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    return logged_in(member)


@pytest.fixture
def operator() -> Client:
    """A client of somebody who may do everything with contestants and endpoints."""
    permissions = Permission.objects.filter(content_type__app_label="contestants")
    return staff(*permissions.values_list("codename", flat=True))


@pytest.fixture
def endpoint(contestant: Registered) -> Endpoint:
    endpoint = contestant("keyed").endpoints.get()
    endpoint.api_key = KEY
    endpoint.save()
    return endpoint


def stored_key(endpoint: Endpoint) -> str:
    """What the database's own column holds."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT api_key FROM contestants_endpoint WHERE id = %s", [endpoint.pk])
        (value,) = cursor.fetchone()
    return str(value)


def key(endpoint: Endpoint) -> str:
    return Endpoint.objects.get(pk=endpoint.pk).api_key


def test_a_key_is_stored_encrypted_and_shown_nowhere(operator: Client, endpoint: Endpoint) -> None:
    second = KEY[::-1]
    keyed = endpoint.contestant
    pages = [saved(operator, keyed, endpoint_new_api_key=second)]
    assert key(endpoint) == second
    assert second not in stored_key(endpoint) and stored_key(endpoint)
    pages += [
        operator.get(page_of(keyed)).content.decode(),
        operator.get(reverse("admin:contestants_contestant_changelist")).content.decode(),
        operator.get(
            reverse("admin:contestants_contestant_history", args=[keyed.pk])
        ).content.decode(),
        saved(operator, keyed, test=True),
    ]
    for page in map(unescape, pages):
        assert not any(secret in page for secret in (KEY, second, stored_key(endpoint)))


def test_a_key_typed_beside_a_mistake_is_kept_but_not_sent_back(
    operator: Client, endpoint: Endpoint
) -> None:
    keyed = endpoint.contestant
    wrong: dict[str, Any] = {"endpoint_base_url": "no address", "endpoint_new_api_key": "sk-new"}
    html = save(operator, keyed, **wrong).content.decode()
    assert "errornote" in html
    assert "sk-new" not in html
    assert "The key that you typed is kept until you save." in html
    assert key(endpoint) == KEY
    kept = re.search(r'name="endpoints-0-kept_api_key" value="([^"]+)"', html)
    assert kept
    saved(operator, keyed, endpoint_kept_api_key=kept[1])
    assert key(endpoint) == "sk-new"


def test_a_kept_key_that_was_tampered_with_changes_nothing(
    operator: Client, endpoint: Endpoint
) -> None:
    saved(operator, endpoint.contestant, endpoint_kept_api_key="gAAAAAforged")
    assert key(endpoint) == KEY


def test_a_key_stays_until_it_is_replaced_or_removed(operator: Client, endpoint: Endpoint) -> None:
    keyed = endpoint.contestant
    saved(operator, keyed, endpoint_model_id="echo")
    endpoint.refresh_from_db()
    assert (endpoint.model_id, endpoint.api_key) == ("echo", KEY)
    saved(operator, keyed, endpoint_new_api_key="  sk-next  ")
    assert key(endpoint) == "sk-next"
    saved(operator, keyed, endpoint_remove_api_key="on")
    assert key(endpoint) == stored_key(endpoint) == ""
    html = operator.get(page_of(keyed)).content.decode()
    assert re.search(r'name="endpoints-0-remove_api_key"[^>]* disabled', html)  # nothing to remove


def test_a_new_key_needs_a_new_test(operator: Client, endpoint: Endpoint) -> None:
    saved(operator, endpoint.contestant, test=True)
    assert Endpoint.objects.get().answered_at
    saved(operator, endpoint.contestant, endpoint_new_api_key=KEY)  # the same
    assert Endpoint.objects.get().answered_at
    saved(operator, endpoint.contestant, endpoint_new_api_key="sk-next")
    assert Endpoint.objects.get().answered_at is None


HINTS = {
    "unauthorised": "It wants a key, or the key is wrong.",
    "not-found": "nothing at this address, or no model of this id",
    "bad-request": "Check the parameters",
    "refuse-429": "too many requests, or the account's quota is used up",
    "error-500": "a fault of its own, or is still starting",
    "redirect": "It sends visitors to another address.",
    "html": "does not speak the chat-completions protocol",
    "empty": "The answer was empty.",
    "ends-early": "The answer broke off.",
    "error-in-stream": "an error of its own",
}


@pytest.mark.parametrize("behaviour", HINTS)
def test_each_kind_of_failure_has_its_hint(
    operator: Client, endpoint: Endpoint, behaviour: str, arena_settings: ChangeSettings
) -> None:
    arena_settings(first_sign_seconds=2, first_token_seconds=2)
    text = unescape(saved(operator, endpoint.contestant, test=True, endpoint_model_id=behaviour))
    assert "It gave no usable answer." in text
    assert HINTS[behaviour] in text, text
    assert f"{endpoint.base_url}/chat/completions" in text
    assert KEY not in text


@pytest.mark.parametrize(
    ("address", "hint"),
    [
        ("http://127.0.0.1:9/v1", "Nothing listens there."),
        ("http://no-such-machine.invalid/v1", "There is no machine of this name."),
        ("https://127.0.0.1:{port}/v1", "does."),  # http:// is proposed
    ],
)
def test_each_kind_of_connection_that_fails_has_its_hint(
    operator: Client, endpoint: Endpoint, openai_server: OpenAIServer, address: str, hint: str
) -> None:
    typed = address.format(port=openai_server.port)
    text = unescape(saved(operator, endpoint.contestant, test=True, endpoint_base_url=typed))
    assert hint in text


def test_a_key_is_never_sent_unencrypted_to_an_address_that_is_guessed(
    operator: Client, endpoint: Endpoint, openai_server: OpenAIServer
) -> None:
    requests = len(openai_server.requests)
    typed = f"https://127.0.0.1:{openai_server.port}/v1"
    text = saved(operator, endpoint.contestant, test=True, endpoint_base_url=typed)
    assert f"Use {openai_server.url}" in text
    asked = openai_server.requests[requests:]
    assert asked and not any("authorization" in request.headers for request in asked)


def test_every_failure_has_a_hint() -> None:
    for kind in ErrorKind:
        assert hint_for(kind, "").endswith(".")
    for status in range(300, 600):
        assert hint_for("rejected", f"HTTP {status}: x").endswith(".")


def test_a_test_shows_hostile_answers_as_text(operator: Client, endpoint: Endpoint) -> None:
    text = saved(operator, endpoint.contestant, test=True, endpoint_model_id="hostile-markup")
    assert "<script>window.hacked" not in text
    assert "&lt;script&gt;window.hacked" in text


def test_a_user_who_may_only_read_cannot_test_an_endpoint(
    endpoint: Endpoint, openai_server: OpenAIServer
) -> None:
    use = reverse("admin:contestants_endpoint_use", args=[endpoint.contestant_id, endpoint.pk])
    reader = staff("view_endpoint", "view_contestant")
    requests = len(openai_server.requests)
    form = {**filled_in(endpoint.contestant), "_saveandtest": "1"}
    assert reader.post(page_of(endpoint.contestant), form).status_code == 403
    assert reader.post(use, {"model": "echo"}).status_code == 403
    assert reader.get(use).status_code == 405
    assert Client().post(use).status_code == 302  # to the login
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(make_operator("root"))
    assert guarded.post(use, {"model": "echo"}).status_code == 403
    assert len(openai_server.requests) == requests


# --- several keys -------------------------------------------------------------------------------

KEYS = ("sk-first-0123456789", "sk-second-0123456789", "sk-third-0123456789")


def keys(endpoint: Endpoint) -> list[str]:
    return list(Endpoint.objects.get(pk=endpoint.pk).keys)


def test_several_keys_are_typed_one_on_each_line_and_shown_nowhere(
    operator: Client, endpoint: Endpoint
) -> None:
    keyed = endpoint.contestant
    page = saved(operator, keyed, endpoint_new_api_key=f"\n {KEYS[0]} \r\n\r\n{KEYS[1]}\n{KEYS[0]}")
    assert keys(endpoint) == list(KEYS[:2])
    saved(operator, keyed, endpoint_new_api_key=KEYS[2], endpoint_add_api_key="on")
    assert keys(endpoint) == list(KEYS)
    form = operator.get(page_of(keyed)).content.decode()
    assert "3 keys are stored, encrypted, and never shown." in form
    mistaken = save(
        operator, keyed, endpoint_base_url="no address", endpoint_new_api_key="\n".join(KEYS)
    ).content.decode()
    assert "The 3 keys that you typed are kept until you save." in mistaken
    for html in map(unescape, (page, form, mistaken)):
        assert not any(secret in html for secret in (*KEYS, stored_key(endpoint)))
    assert not any(secret in stored_key(endpoint) for secret in KEYS)
    saved(operator, keyed, endpoint_remove_api_key="on")
    assert stored_key(endpoint) == ""


def test_a_key_is_added_to_a_mistake_free_form_only(operator: Client, endpoint: Endpoint) -> None:
    html = save(operator, endpoint.contestant, endpoint_new_api_key="sk-good\nsk-bäd").content
    assert "Key 2 has characters that no HTTP header can carry." in html.decode()
    assert key(endpoint) == KEY


def test_an_added_key_needs_a_new_test_and_one_that_is_known_does_not(
    operator: Client, endpoint: Endpoint
) -> None:
    keyed = endpoint.contestant
    saved(operator, keyed, test=True)
    saved(operator, keyed, endpoint_new_api_key=KEY, endpoint_add_api_key="on")
    assert keys(endpoint) == [KEY]
    assert Endpoint.objects.get().answered_at
    saved(operator, keyed, endpoint_new_api_key=KEYS[0], endpoint_add_api_key="on")
    assert keys(endpoint) == [KEY, KEYS[0]]
    assert Endpoint.objects.get().answered_at is None


def test_save_and_test_tries_each_key_and_names_those_that_are_refused(
    operator: Client, endpoint: Endpoint
) -> None:
    text = unescape(
        saved(
            operator,
            endpoint.contestant,
            test=True,
            endpoint_model_id="takes-keys~second",
            endpoint_new_api_key="\n".join(KEYS),
        )
    )
    assert "It refuses key 1 of 3: HTTP 401" in text
    assert "It refuses key 3 of 3: HTTP 401" in text
    assert "key 2 of 3" not in text
    assert not any(secret in text for secret in KEYS)
    assert Endpoint.objects.get().answered_at, "one key that is accepted is enough"
