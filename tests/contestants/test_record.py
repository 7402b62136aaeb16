"""The database keeps the public record of a contestant: its states, and its endpoint's changes."""

from collections.abc import Callable

import pytest
from django.db import IntegrityError, ProgrammingError, connection
from django.db.transaction import atomic
from django.test import Client
from django.urls import reverse

from arena.contestants.catalogue.changes import EndpointSpec, reencrypt_keys, register
from arena.contestants.models import Contestant, Endpoint, EndpointChange, StateChange
from tests.factories import Registered

pytestmark = pytest.mark.django_db


def draft(slug: str = "fresh") -> Contestant:
    return Contestant.objects.create(slug=slug, name=slug, organisation="O", description="D")


def test_the_first_activation_is_recorded(contestant: Registered, client: Client) -> None:
    contestant("left")
    assert list(StateChange.objects.values_list("before", "state")) == [("draft", "active")]
    page = client.get(reverse("pages:contestant", args=["left"])).content.decode()
    assert "It started to compete." in page
    found = client.get("/api/v1/contestants/left").json()
    assert [change["state"] for change in found["state_changes"]] == ["active"]
    assert found["endpoint_changes"] == []


def test_every_way_to_activate_a_contestant_is_recorded() -> None:
    fresh = Contestant(slug="a", name="A", organisation="O", description="D", state="active")
    fresh.save()
    Endpoint.objects.create(contestant=fresh, base_url="http://x/v1", model_id="m")
    connection.check_constraints()
    assert StateChange.objects.get().state == "active"


def test_the_database_refuses_an_active_contestant_without_an_endpoint() -> None:
    with pytest.raises(IntegrityError, match="has no endpoint"), atomic():
        Contestant.objects.create(
            slug="a", name="A", organisation="O", description="D", state="active"
        )
        connection.check_constraints()
    fresh = draft()
    with pytest.raises(IntegrityError, match="has no endpoint"), atomic():
        Contestant.objects.update(state="provisional")
        connection.check_constraints()
    Endpoint.objects.create(contestant=fresh, base_url="http://x/v1", model_id="m", enabled=False)
    with pytest.raises(IntegrityError, match="has no endpoint"), atomic():
        Contestant.objects.update(state="active")
        connection.check_constraints()
    Endpoint.objects.update(enabled=True)
    Contestant.objects.update(state="active")
    connection.check_constraints()


def test_the_database_requires_and_keeps_the_reason(contestant: Registered) -> None:
    contestant("left")
    with pytest.raises(IntegrityError, match="leaves the draw without a reason"), atomic():
        Contestant.objects.update(state="retired")
    Contestant.objects.update(state="retired", state_reason="Old.")
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), atomic():
        StateChange.objects.update(reason="Older.")


CHANGES: dict[str, tuple[Callable[[Endpoint], object], list[str]]] = {
    "address": (lambda e: setattr(e, "base_url", "http://other/v1"), ["address"]),
    "model": (lambda e: setattr(e, "model_id", "other"), ["model"]),
    "prompt": (lambda e: setattr(e, "system_prompt", "Be brief."), ["prompt"]),
    "thoughts": (lambda e: setattr(e, "thinks_first", True), ["thoughts"]),
    "off": (lambda e: setattr(e, "enabled", False), ["off"]),
    "a parameter more": (
        lambda e: e.parameters.update(top_p=0.9, stop=["x"]),
        ["parameter:stop", "parameter:top_p"],
    ),
    "a parameter less": (lambda e: e.parameters.clear(), ["parameter:temperature"]),
    "a parameter's value": (
        lambda e: e.parameters.update(temperature=1),
        ["parameter:temperature"],
    ),
    "a key": (lambda e: setattr(e, "api_key", "sk-2"), []),
    "a limit": (lambda e: setattr(e, "answer_seconds", 90), []),
    "nothing": (lambda e: None, []),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_change_of_an_endpoint_is_recorded(
    contestant: Registered, client: Client, what: str
) -> None:
    change, recorded = CHANGES[what]
    endpoint = contestant("left").endpoints.get()
    connection.check_constraints()
    Endpoint.objects.update(parameters={"temperature": 0.5})
    before = EndpointChange.objects.count()
    endpoint.refresh_from_db()
    change(endpoint)
    endpoint.save()
    new = EndpointChange.objects.count() - before
    assert new == bool(recorded)
    if recorded:
        assert EndpointChange.objects.first().changed == recorded  # type: ignore[union-attr]
        found = client.get("/api/v1/contestants/left").json()["endpoint_changes"][0]
        assert found["changed"] == recorded
        page = client.get(reverse("pages:contestant", args=["left"])).content.decode()
        assert all(word.partition(":")[2] in page for word in recorded)
        assert "http://other/v1" not in page and "Be brief." not in page  # values stay private


def test_endpoints_added_removed_and_switched_on_are_recorded(contestant: Registered) -> None:
    left = contestant("left")
    second = Endpoint.objects.create(contestant=left, base_url="http://x/v1", model_id="m")
    Endpoint.objects.filter(pk=second.pk).update(enabled=False)
    Endpoint.objects.filter(pk=second.pk).update(enabled=True, model_id="n")
    second.delete()
    changes = [change.changed for change in EndpointChange.objects.order_by("pk")]
    assert changes == [["added"], ["off"], ["on", "model"], ["removed"]]
    with pytest.raises(ProgrammingError, match="Cannot update or delete"), atomic():
        EndpointChange.objects.all().delete()


def test_a_draft_may_be_tried_in_private() -> None:
    fresh = draft()
    endpoint = Endpoint.objects.create(contestant=fresh, base_url="http://x/v1", model_id="m")
    endpoint.system_prompt = "Try."
    endpoint.save()
    assert not EndpointChange.objects.exists()
    assert not StateChange.objects.exists()


def test_registering_again_what_is_the_same_records_nothing(contestant: Registered) -> None:
    contestant("left")
    contestant("left")
    reencrypt_keys()
    assert StateChange.objects.count() == 1
    assert not EndpointChange.objects.exists()


def test_a_catalogue_may_name_machines_without_a_dot() -> None:
    spec = EndpointSpec(" http://ollama:11434/v1/chat/completions ", "m")
    made = register(
        slug="a", name="A", organisation="O", licence="MIT", description="D", endpoint=spec
    )
    assert made.endpoints.get().base_url == "http://ollama:11434/v1"


def test_a_slug_is_final_once_its_pages_are_public(contestant: Registered) -> None:
    fresh = draft()
    Contestant.objects.filter(pk=fresh.pk).update(slug="fresher")
    left = contestant("left")
    with pytest.raises(IntegrityError, match="its slug is final"), atomic():
        Contestant.objects.filter(pk=left.pk).update(slug="right")
    Contestant.objects.filter(pk=left.pk).update(state="draft", state_reason="Broken.")
    with pytest.raises(IntegrityError, match="its slug is final"), atomic():
        Contestant.objects.filter(pk=left.pk).update(slug="right")


def test_a_test_counts_only_for_the_tested_values(contestant: Registered) -> None:
    """A change of what is sent needs a new one; a change of limits does not."""
    endpoint = contestant("left").endpoints.get()
    for change in ("base_url", "model_id", "system_prompt"):
        Endpoint.objects.update(answered_at="2026-01-01T00:00Z")
        Endpoint.objects.update(**{change: "http://changed/v1"})
        endpoint.refresh_from_db()
        assert endpoint.answered_at is None
    Endpoint.objects.update(answered_at="2026-01-01T00:00Z")
    Endpoint.objects.update(parameters={"temperature": 1})
    endpoint.refresh_from_db()
    assert endpoint.answered_at is None
    Endpoint.objects.update(answered_at="2026-01-01T00:00Z")
    Endpoint.objects.update(answer_seconds=9)
    endpoint.refresh_from_db()
    assert endpoint.answered_at is not None
