"""The operator's view of an endpoint: its form, its health, its use, and the test of it."""

import pytest
from django.db import IntegrityError, ProgrammingError
from django.db.transaction import atomic
from django.test import Client
from django.urls import reverse

from arena.contestants.models import Call, Contestant, Endpoint, EndpointHealth, StateChange
from arena.voters.models import Member
from tests.factories import Registered

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(Member.objects.create_superuser("operator"))
    return client


@pytest.fixture
def endpoint(contestant: Registered) -> Endpoint:
    return contestant("left").endpoints.get()


def page(endpoint: Endpoint) -> str:
    return reverse("admin:contestants_endpoint_change", args=[endpoint.pk])


def run_test(operator: Client, endpoint: Endpoint) -> str:
    response = operator.post(reverse("admin:contestants_endpoint_test", args=[endpoint.pk]))
    assert response.status_code == 200
    return response.content.decode()


def test_every_page_of_an_endpoint_opens(operator: Client, endpoint: Endpoint) -> None:
    for address in (
        page(endpoint),
        reverse("admin:contestants_endpoint_add"),
        reverse("admin:contestants_endpoint_changelist"),
        reverse("admin:contestants_contestant_change", args=[endpoint.contestant_id]),
        reverse("admin:contestants_contestant_add"),
    ):
        assert operator.get(address).status_code == 200


def test_the_test_of_an_endpoint_says_what_came_back(operator: Client, endpoint: Endpoint) -> None:
    assert "The sky looks blue" in run_test(operator, endpoint)
    Endpoint.objects.update(model_id="html")
    report = run_test(operator, endpoint)
    assert "&lt;h1&gt;Welcome to the proxy" in report
    assert "<h1>Welcome to the proxy" not in report


def test_an_endpoint_that_begins_inside_a_thought_is_noted(
    operator: Client, endpoint: Endpoint
) -> None:
    Endpoint.objects.update(model_id="thinks-unmarked")
    assert "begins inside a thought" in run_test(operator, endpoint)
    endpoint.refresh_from_db()
    assert endpoint.thinks_first


def test_a_successful_test_brings_an_endpoint_back(operator: Client, endpoint: Endpoint) -> None:
    EndpointHealth.objects.create(
        endpoint=endpoint, state="open", failures=3, probe_at="2030-01-01T00:00Z"
    )
    assert "open: out of the draw" in operator.get(page(endpoint)).content.decode()
    run_test(operator, endpoint)
    assert EndpointHealth.objects.get().state == EndpointHealth.State.CLOSED
    assert "closed: in the draw" in operator.get(page(endpoint)).content.decode()


def test_health_and_use_are_shown(operator: Client, endpoint: Endpoint) -> None:
    run_test(operator, endpoint)
    Endpoint.objects.update(model_id="error-in-stream")
    run_test(operator, endpoint)
    html = operator.get(page(endpoint)).content.decode()
    assert "50.0%" in html
    assert "CUDA out of memory" in html
    assert Call.objects.count() == 2
    assert "Tokens per second" in html


def form_of(endpoint: Endpoint, **changes: object) -> dict[str, object]:
    return {
        "contestant": endpoint.contestant_id,
        "base_url": endpoint.base_url,
        "model_id": endpoint.model_id,
        "enabled": "on",
        "parameters": "{}",
        **changes,
    }


def test_limits_prices_and_a_budget_are_set(operator: Client, endpoint: Endpoint) -> None:
    prices = {"prompt_price": "2.5", "completion_price": "10", "daily_budget": "5"}
    response = operator.post(page(endpoint), form_of(endpoint, **prices))
    assert response.status_code == 200
    assert b"A budget needs max_tokens" in response.content
    response = operator.post(
        page(endpoint),
        form_of(
            endpoint,
            parameters='{"max_tokens": 1000}',
            max_concurrency=4,
            answer_seconds=90,
            **prices,
        ),
    )
    assert response.status_code == 302
    endpoint.refresh_from_db()
    assert endpoint.max_concurrency == 4
    assert endpoint.answer_seconds == 90
    assert endpoint.largest_cost > 0


def test_a_changed_endpoint_that_is_down_is_tried_at_once(
    operator: Client, endpoint: Endpoint
) -> None:
    EndpointHealth.objects.create(
        endpoint=endpoint, state="open", failures=3, probe_at="2030-01-01T00:00Z"
    )
    assert operator.post(page(endpoint), form_of(endpoint)).status_code == 302
    health = EndpointHealth.objects.get()
    assert health.probe_at and health.probe_at.year < 2030


def test_a_contestant_leaves_only_with_a_reason_and_that_is_kept(
    operator: Client, contestant: Registered
) -> None:
    left = contestant("left")
    address = reverse("admin:contestants_contestant_change", args=[left.pk])
    form = {
        **{name: getattr(left, name) for name in ("name", "slug", "organisation", "licence")},
        "description": left.description,
        "aliases": "[]",
        "endpoints-TOTAL_FORMS": 0,
        "endpoints-INITIAL_FORMS": 0,
        "state_changes-TOTAL_FORMS": 0,
        "state_changes-INITIAL_FORMS": 0,
    }
    refused = operator.post(address, {**form, "state": "retired"})
    assert b"Say why" in refused.content
    why = {"state": "retired", "state_reason": "Its weights were withdrawn."}
    assert operator.post(address, {**form, **why}).status_code == 302
    assert operator.post(address, {**form, "state": "active"}).status_code == 302
    refused = operator.post(address, {**form, "state": "draft"})
    assert b"Say why" in refused.content  # that of the last time does not do
    told = StateChange.objects.values_list("before", "state", "reason")
    assert list(told) == [
        ("retired", "active", ""),
        ("active", "retired", "Its weights were withdrawn."),
    ]
    assert "Its weights were withdrawn." in operator.get(address).content.decode()


def test_the_database_asks_for_the_reason_and_keeps_it(contestant: Registered) -> None:
    contestant("left")
    with pytest.raises(IntegrityError, match="leaves the draw without a reason"), atomic():
        Contestant.objects.update(state="retired")
    Contestant.objects.update(state="retired", state_reason="Old.")
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), atomic():
        StateChange.objects.update(reason="Older.")
