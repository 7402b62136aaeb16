"""Endpoints' keys in the admin go in and are never seen again; who may test an endpoint."""

from html import unescape
from typing import TYPE_CHECKING

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.urls import reverse

from arena.contestants.models import Contestant, Endpoint
from arena.voters.models import Member
from tests.factories import Registered

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

pytestmark = pytest.mark.django_db

KEY = "sk-very-secret-0123456789"
CHANGE, VIEW = "change_endpoint", "view_endpoint"


def staff(*permissions: str) -> Client:
    member = Member.objects.create_user("operator", is_staff=True)
    member.user_permissions.set(Permission.objects.filter(codename__in=permissions))
    client = Client()
    client.force_login(member)
    return client


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


def change_url(endpoint: Endpoint) -> str:
    return reverse("admin:contestants_endpoint_change", args=[endpoint.pk])


def check_url(endpoint: Endpoint) -> str:
    return reverse("admin:contestants_endpoint_test", args=[endpoint.pk])


def save(client: Client, endpoint: Endpoint, **values: str) -> "Response":
    form = {
        "contestant": str(endpoint.contestant_id),
        "base_url": endpoint.base_url,
        "model_id": endpoint.model_id,
        "system_prompt": "",
        "parameters": "{}",
        "enabled": "on",
        **values,
    }
    response = client.post(change_url(endpoint), form, follow=True)
    assert response.status_code == 200
    assert "errornote" not in response.content.decode()
    return response


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
    pages = [save(operator, endpoint, new_api_key=second)]
    assert key(endpoint) == second
    assert second not in stored_key(endpoint) and stored_key(endpoint)
    pages += [
        operator.get(change_url(endpoint)),
        operator.get(reverse("admin:contestants_endpoint_changelist")),
        operator.get(reverse("admin:contestants_endpoint_history", args=[endpoint.pk])),
        operator.get(reverse("admin:contestants_contestant_change", args=[endpoint.contestant_id])),
        operator.post(check_url(endpoint)),
    ]
    for page in pages:
        assert page.status_code == 200
        text = unescape(page.content.decode())
        assert not any(secret in text for secret in (KEY, second, stored_key(endpoint)))


def test_a_key_typed_beside_a_mistake_is_not_sent_back(
    operator: Client, endpoint: Endpoint
) -> None:
    form = {"base_url": "no address", "model_id": "", "parameters": "{", "new_api_key": "sk-new"}
    response = operator.post(change_url(endpoint), form)
    assert "errornote" in response.content.decode()
    assert "sk-new" not in response.content.decode()
    assert key(endpoint) == KEY


def test_a_key_stays_until_it_is_replaced_or_removed(operator: Client, endpoint: Endpoint) -> None:
    save(operator, endpoint, model_id="echo")
    endpoint.refresh_from_db()
    assert (endpoint.model_id, endpoint.api_key) == ("echo", KEY)
    save(operator, endpoint, new_api_key="  sk-next  ")
    assert key(endpoint) == "sk-next"
    save(operator, endpoint, remove_api_key="on")
    assert key(endpoint) == stored_key(endpoint) == ""
    page = operator.get(change_url(endpoint))
    assert page.context["adminform"].form.fields["remove_api_key"].disabled  # nothing to remove


def test_a_key_is_entered_with_a_new_contestant(operator: Client) -> None:
    response = operator.post(
        reverse("admin:contestants_contestant_add"),
        {
            "slug": "fresh",
            "name": "Fresh",
            "organisation": "Somebody",
            "licence": "MIT",
            "description": "New here.",
            "aliases": "[]",
            "state": "draft",
            "endpoints-TOTAL_FORMS": "1",
            "endpoints-INITIAL_FORMS": "0",
            "endpoints-0-base_url": "https://api.example/v1",
            "endpoints-0-model_id": "fresh-1",
            "endpoints-0-parameters": '{"temperature": 0.2}',
            "endpoints-0-enabled": "on",
            "endpoints-0-new_api_key": KEY,
        },
    )
    assert response.status_code == 302, response.content.decode()
    endpoint = Contestant.objects.get(slug="fresh").endpoints.get()
    assert (endpoint.api_key, endpoint.parameters) == (KEY, {"temperature": 0.2})


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("ok", ["The sky looks blue", "stop"]),
        ("unauthorised", ["rejected", "401"]),
        ("error-500", ["rejected", "500"]),
        ("hang-before-headers", ["timeout"]),
        ("ends-early", ["ended_early"]),
        ("html", ["malformed"]),
        ("empty", ["empty"]),
    ],
)
def test_a_test_says_what_came_back(
    operator: Client, endpoint: Endpoint, behaviour: str, told: list[str]
) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(model_id=behaviour)
    response = operator.post(check_url(endpoint))
    assert response.status_code == 200
    text = unescape(response.content.decode())
    assert all(part in text for part in told), text
    assert KEY not in text


def test_a_test_shows_hostile_answers_as_text(operator: Client, endpoint: Endpoint) -> None:
    Endpoint.objects.filter(pk=endpoint.pk).update(model_id="hostile-markup")
    text = operator.post(check_url(endpoint)).content.decode()
    assert "<script>window.hacked" not in text
    assert "&lt;script&gt;window.hacked" in text


def test_a_test_needs_post_and_the_permission(endpoint: Endpoint) -> None:
    editor = staff(CHANGE)
    assert editor.get(check_url(endpoint)).status_code == 405
    assert editor.post(check_url(endpoint)).status_code == 200
    Member.objects.all().delete()
    assert staff(VIEW).post(check_url(endpoint)).status_code == 403
    assert Client().post(check_url(endpoint)).status_code == 302  # to the login
    guarded = Client(enforce_csrf_checks=True)
    guarded.force_login(Member.objects.create_superuser("root"))
    assert guarded.post(check_url(endpoint)).status_code == 403


def test_contestants_are_not_deleted(operator: Client, endpoint: Endpoint) -> None:
    url = reverse("admin:contestants_contestant_delete", args=[endpoint.contestant_id])
    assert operator.post(url, {"post": "yes"}).status_code == 403
    assert Contestant.objects.filter(pk=endpoint.contestant_id).exists()
