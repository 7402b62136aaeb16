"""The operator's one page of a contestant: its form, its tests, its health, its record."""

from html import unescape
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from arena.contestants.catalogue.reading import drawable_contestants
from arena.contestants.models import Call, Contestant, Endpoint, EndpointHealth, StateChange
from tests.contestants.catalogue_form import ADD, filled_in, page_of, save, saved
from tests.factories import Registered
from tests.members import make_operator
from tests.openai_server import OpenAIServer

pytestmark = pytest.mark.django_db


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(make_operator())
    return client


@pytest.fixture
def left(contestant: Registered) -> Contestant:
    return contestant("left")


def page(operator: Client, contestant: Contestant) -> str:
    response = operator.get(page_of(contestant))
    assert response.status_code == 200
    return unescape(response.content.decode())


def open_circuit(endpoint: Endpoint, error: str = "timeout", detail: str = "") -> None:
    EndpointHealth.objects.create(
        endpoint=endpoint,
        state="open",
        failures=3,
        probe_at="2030-01-01T13:52Z",
        last_error=error,
        last_error_detail=detail,
    )


def test_the_admin_has_only_the_pages_that_operators_need(
    operator: Client, left: Contestant
) -> None:
    index = operator.get(reverse("admin:index")).content.decode()
    assert operator.get(page_of(left)).status_code == 200
    assert operator.get(reverse("admin:contestants_contestant_changelist")).status_code == 200
    for word in ("Contestants", "Users", "Authenticators"):
        assert word in index
    for word in ("Groups", "Email addresses", "Social", "Boards", "Endpoints", "Sites"):
        assert word not in index


# --- save and test ------------------------------------------------------------------------------


def test_a_new_contestant_is_filled_in_saved_tested_and_drawn_in_one_go(
    operator: Client, openai_server: OpenAIServer
) -> None:
    html = saved(
        operator,
        test=True,
        state="active",
        endpoint_base_url=f" {openai_server.url}/chat/completions\n",
        endpoint_model_id="ok",
        endpoint_new_api_key="sk-1",
    )
    assert "It answered." in html
    assert "The sky looks blue" in html
    assert f"{openai_server.url}/chat/completions" in html
    fresh = Contestant.objects.get(slug="fresh")
    assert fresh.state == "active"
    assert fresh.endpoints.get().base_url == openai_server.url
    assert openai_server.requests[-1].headers["authorization"] == "Bearer sk-1"
    assert fresh in drawable_contestants()
    assert "working" in page(operator, fresh)
    assert "It answered." not in page(operator, fresh)  # shown once


def test_what_was_typed_is_tested_not_what_was_saved(
    operator: Client, left: Contestant, openai_server: OpenAIServer
) -> None:
    saved(operator, left, test=True, endpoint_model_id="echo", endpoint_system_prompt="Be brief.")
    body = openai_server.requests[-1].body
    assert body["model"] == "echo"
    assert body["messages"][0] == {"role": "system", "content": "Be brief."}
    assert left.endpoints.get().system_prompt == "Be brief."


@pytest.mark.parametrize("button", [{"test": True}, {"test": False}])
def test_a_broken_contestant_cannot_be_made_active(
    operator: Client, openai_server: OpenAIServer, button: dict[str, Any]
) -> None:
    html = saved(
        operator,
        **button,
        state="active",
        endpoint_base_url=openai_server.url,
        endpoint_model_id="unauthorised",
    )
    assert "Fresh stays draft. None of its endpoints answered." in html
    assert "It wants a key, or the key is wrong." in html
    fresh = Contestant.objects.get(slug="fresh")
    assert fresh.state == "draft"
    assert fresh.endpoints.get().model_id == "unauthorised"  # what was typed is kept
    assert not StateChange.objects.exists()
    assert "failed its last test" in page(operator, fresh)


def test_a_retired_contestant_whose_endpoint_broke_stays_retired(
    operator: Client, left: Contestant
) -> None:
    saved(operator, left, state="retired", state_reason="Old.")
    left.refresh_from_db()
    html = saved(operator, left, state="active", endpoint_model_id="error-500")
    assert "Left stays retired." in html
    left.refresh_from_db()
    assert (left.state, left.state_reason) == ("retired", "Old.")
    html = saved(operator, left, state="provisional", endpoint_model_id="ok")
    assert "Left is in the draw now." in html
    left.refresh_from_db()
    assert left.state == "provisional"


def test_a_contestant_without_an_endpoint_cannot_be_made_active(operator: Client) -> None:
    html = save(operator, state="active", endpoint_base_url="").content.decode()
    assert "errornote" in html
    none: dict[str, Any] = {"endpoints-TOTAL_FORMS": 0}
    html = save(operator, state="active", **none).content.decode()
    assert "To compete, a contestant needs an endpoint." in html
    assert not Contestant.objects.exists()
    saved(operator, state="draft", **none)
    fresh = Contestant.objects.get(slug="fresh")
    html = operator.post(
        page_of(fresh), {**filled_in(), **none, "state": "active", "_save": "1"}
    ).content.decode()
    assert "To compete, a contestant needs an endpoint." in html


def test_an_endpoint_that_is_switched_off_does_not_let_it_in(
    operator: Client, openai_server: OpenAIServer
) -> None:
    off: dict[str, Any] = {"endpoint_enabled": ""}
    html = saved(
        operator,
        state="active",
        endpoint_base_url=openai_server.url,
        endpoint_model_id="ok",
        **off,
    )
    assert "It has no endpoint that is switched on." in html
    assert Contestant.objects.get().state == "draft"
    assert "switched off" in page(operator, Contestant.objects.get())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("http://127.0.0.1:{port}", "/v1"), ("http://127.0.0.1:{port}/api/generate", "/v1")],
)
def test_an_address_that_answers_is_proposed_and_taken_over(
    operator: Client, openai_server: OpenAIServer, typed: str, meant: str
) -> None:
    typed = typed.format(port=openai_server.port)
    html = saved(
        operator, test=True, state="active", endpoint_base_url=typed, endpoint_model_id="ok"
    )
    assert f"Nothing answers chats at this address, but {openai_server.url} does." in html
    assert f"Use {openai_server.url}" in html
    fresh = Contestant.objects.get()
    assert (fresh.state, fresh.endpoints.get().base_url) == ("draft", typed)
    use = reverse("admin:contestants_endpoint_use", args=[fresh.pk, fresh.endpoints.get().pk])
    taken = {"address": openai_server.url, "state": "active"}
    html = operator.post(use, taken, follow=True).content.decode()
    assert "It answered." in html
    assert "Fresh is in the draw now." in html
    fresh.refresh_from_db()
    assert (fresh.state, fresh.endpoints.get().base_url) == ("active", openai_server.url)


def test_a_missing_model_is_reported_with_the_models_on_offer(
    operator: Client, left: Contestant, openai_server: OpenAIServer
) -> None:
    openai_server.offers = ["ok", "<b>echo</b>"]
    try:
        html = saved(operator, left, test=True, endpoint_model_id="not-found")
    finally:
        openai_server.offers = []
    assert "It does not offer a model of this id." in html
    assert "Use ok" in html and "&lt;b&gt;echo" in html
    use = reverse("admin:contestants_endpoint_use", args=[left.pk, left.endpoints.get().pk])
    assert "It answered." in operator.post(use, {"model": "ok"}, follow=True).content.decode()
    assert left.endpoints.get().model_id == "ok"


def test_the_endpoints_reply_is_shown_as_text(operator: Client, left: Contestant) -> None:
    html = saved(operator, left, test=True, endpoint_model_id="html")
    assert "&lt;h1&gt;Welcome to the proxy" in html
    assert "<h1>Welcome to the proxy" not in html


def test_the_test_finds_an_endpoint_that_begins_inside_a_thought(
    operator: Client, left: Contestant
) -> None:
    html = saved(operator, left, test=True, endpoint_model_id="thinks-unmarked")
    assert "begins inside a thought" in html
    assert left.endpoints.get().thinks_first


# --- the form -----------------------------------------------------------------------------------


def test_aliases_are_lines(operator: Client, left: Contestant) -> None:
    saved(operator, left, aliases=" Gemma\r\n\r\ngemma3 \nGemma\n")
    left.refresh_from_db()
    assert left.aliases == ["Gemma", "gemma3"]
    assert "Gemma\ngemma3" in page(operator, left)


@pytest.mark.parametrize("typed", ["no address", "ftp://x", "http://169.254.169.254/v1", "  "])
def test_the_error_for_a_wrong_address_keeps_the_typed_text(
    operator: Client, left: Contestant, typed: str
) -> None:
    before = left.endpoints.get().base_url
    response = save(operator, left, endpoint_base_url=typed, description="Typed just now.")
    html = response.content.decode()
    assert "errornote" in html
    assert "Typed just now." in html
    assert left.endpoints.get().base_url == before


def test_limits_prices_and_a_budget_are_set(operator: Client, left: Contestant) -> None:
    prices: dict[str, Any] = {
        "endpoint_prompt_price": "2.5",
        "endpoint_completion_price": "10",
        "endpoint_daily_budget": "5",
    }
    assert b"A budget needs max_tokens" in save(operator, left, **prices).content
    saved(
        operator,
        left,
        endpoint_parameters='{"max_tokens": 1000}',
        endpoint_max_concurrency=4,
        endpoint_answer_seconds=90,
        **prices,
    )
    endpoint = left.endpoints.get()
    assert endpoint.max_concurrency == 4
    assert endpoint.answer_seconds == 90
    assert endpoint.largest_cost > 0


def test_a_contestant_that_competed_keeps_its_slug_and_endpoints(
    operator: Client, left: Contestant
) -> None:
    saved(operator, left, slug="right", endpoint_DELETE="on")
    left.refresh_from_db()
    assert left.slug == "left"
    assert left.endpoints.exists()


def test_contestants_are_not_deleted(operator: Client, left: Contestant) -> None:
    url = reverse("admin:contestants_contestant_delete", args=[left.pk])
    assert operator.post(url, {"post": "yes"}).status_code == 403


# --- health -------------------------------------------------------------------------------------


def test_conditions_are_shown_in_plain_words(operator: Client, left: Contestant) -> None:
    endpoint = left.endpoints.get()
    changelist = reverse("admin:contestants_contestant_changelist")
    assert "never tried" in page(operator, left)
    saved(operator, left, test=True)
    assert "working" in operator.get(changelist).content.decode()
    saved(operator, left, endpoint_system_prompt="Be brief.")
    assert "not tried since it was changed" in page(operator, left)
    EndpointHealth.objects.all().delete()
    open_circuit(endpoint, "rejected", "HTTP 401: no")
    html = page(operator, left)
    assert "resting until 2030-01-01 13:52 UTC" in html
    assert "It wants a key, or the key is wrong." in html
    for words in ("circuit", "closed:", "open:", "in the draw, "):
        assert words not in html + operator.get(changelist).content.decode()


def test_a_successful_test_brings_an_endpoint_back(operator: Client, left: Contestant) -> None:
    open_circuit(left.endpoints.get())
    saved(operator, left, test=True)
    assert EndpointHealth.objects.get().state == EndpointHealth.State.CLOSED
    assert left in drawable_contestants()


def test_health_and_use_are_shown(operator: Client, left: Contestant) -> None:
    saved(operator, left, test=True)
    saved(operator, left, test=True, endpoint_model_id="error-in-stream")
    html = page(operator, left)
    assert "50.0%" in html
    assert "CUDA out of memory" in html
    assert Call.objects.count() == 2
    assert "Tokens per second" in html


def test_a_changed_endpoint_of_an_active_contestant_is_probed_soon(
    operator: Client, left: Contestant
) -> None:
    open_circuit(left.endpoints.get())
    saved(operator, left, endpoint_system_prompt="Be brief.")
    health = EndpointHealth.objects.get()
    assert health.probe_at and health.probe_at.year < 2030


# --- the record ---------------------------------------------------------------------------------


def test_a_contestant_leaves_only_with_a_reason_and_that_is_kept(
    operator: Client, left: Contestant
) -> None:
    assert b"Say why" in save(operator, left, state="retired").content
    saved(operator, left, state="retired", state_reason="Its weights were withdrawn.")
    left.refresh_from_db()
    saved(operator, left, state="active")
    left.refresh_from_db()
    assert b"Say why" in save(operator, left, state="draft").content  # the last one does not do
    changes = StateChange.objects.values_list("before", "state", "reason")
    assert list(changes) == [
        ("retired", "active", ""),
        ("active", "retired", "Its weights were withdrawn."),
        ("draft", "active", ""),
    ]
    assert "Its weights were withdrawn." in page(operator, left)


def test_a_new_form_begins_with_one_endpoint(operator: Client) -> None:
    html = operator.get(reverse(ADD)).content.decode()
    assert 'name="endpoints-0-base_url"' in html
    assert 'name="endpoints-1-base_url"' not in html
