"""What a contestant claims to be is public, and each change of it is a dated version."""

import re
from html import unescape
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import InternalError, ProgrammingError, connection
from django.db.transaction import atomic
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from arena.contestants.catalogue.changes import EndpointSpec, register
from arena.contestants.catalogue.versions import versions_of
from arena.contestants.models import Claim, ClaimChange, Contestant, Endpoint
from arena.embedded import catalogue
from tests.contestants.catalogue_form import page_of, save, saved
from tests.factories import Registered
from tests.members import logged_in, make_operator

# Each change needs a moment of its own, and a moment is that of the transaction.
pytestmark = pytest.mark.django_db(transaction=True)

CLAIM: dict[str, Any] = {
    "weights": "marshland/heron-7b",
    "revision": "main@1a2b3c",
    "quantisation": "BF16",
    "context_length": 8192,
    "parameters": {"temperature": 0.7},
}


def page(slug: str = "left") -> str:
    response = Client().get(reverse("pages:contestant", args=[slug]))
    assert response.status_code == 200
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", response.content.decode())).split())


def found(slug: str = "left") -> dict[str, Any]:
    answer: dict[str, Any] = Client().get(f"/api/v1/contestants/{slug}").json()
    return answer


def claimed(contestant: Contestant, **parts: Any) -> None:
    """Change parts of a claim."""
    Claim.objects.update_or_create(contestant=contestant, defaults=parts)


def test_a_claim_is_on_the_page_and_in_the_api(contestant: Registered) -> None:
    assert found(contestant("left").slug)["claim"] is None
    assert "What it claims to be" not in page()
    contestant("right", claim=CLAIM)
    text = page("right")
    assert "What it claims to be Version 1, since" in text
    assert "the arena has not tested it" in text
    for words in ("Weights marshland/heron-7b", "Context length 8192", "temperature 0.7"):
        assert words in text
    assert "Tokenizer" not in text, "what is not stated is not there"
    right = found("right")
    unstated = {"base_model": "", "tokenizer": "", "system_prompt": "", "provider": ""}
    assert right["claim"] == CLAIM | unstated
    assert [version["number"] for version in right["versions"]] == [1]
    assert right["versions"][0]["claim"] == CLAIM


def test_each_change_of_claim_or_endpoint_begins_a_version(contestant: Registered) -> None:
    left = contestant("left", claim=CLAIM)
    claimed(left, quantisation="Q4_0", tokenizer="marshland/heron")
    Endpoint.objects.update(system_prompt="Be brief.")
    with atomic():  # what is changed at once is one version
        Endpoint.objects.update(parameters={"temperature": 0.2})
        claimed(left, parameters={"temperature": 0.2}, revision="")
    Claim.objects.update(quantisation="Q4_0")  # which is no change
    versions = versions_of(Contestant.objects.get())
    assert [(each.number, sorted(each.changed)) for each in versions] == [
        (4, ["claim:parameters", "claim:revision", "parameter:temperature"]),
        (3, ["prompt"]),
        (2, ["claim:quantisation", "claim:tokenizer"]),
        (1, []),
    ]
    assert [each.since for each in versions] == sorted((v.since for v in versions), reverse=True)
    second = CLAIM | {"quantisation": "Q4_0", "tokenizer": "marshland/heron"}
    fourth = second | {"parameters": {"temperature": 0.2}}
    del fourth["revision"]
    assert [each.claim for each in versions] == [fourth, second, second, CLAIM]
    assert [each["claim"] for each in found()["versions"]] == [fourth, second, second, CLAIM]
    text = page()
    assert "Version 4, since" in text
    assert "claim: quantisation is Q4_0, it was BF16" in text
    assert "claim: tokenizer is marshland/heron" in text
    assert "claim: revision is no longer stated, it was main@1a2b3c" in text
    assert "claim: parameters" in text


def test_what_a_draft_claims_has_no_versions(contestant: Registered) -> None:
    left = contestant("left", state="draft", claim=CLAIM)
    claimed(left, quantisation="Q8_0")
    assert versions_of(left) == []
    assert not ClaimChange.objects.exists()
    Contestant.objects.update(state="active")
    (version,) = versions_of(Contestant.objects.get())
    assert version.number == 1
    assert version.claim == CLAIM | {"quantisation": "Q8_0"}


def test_a_claim_that_is_first_made_or_withdrawn_later_is_on_record_too(
    contestant: Registered,
) -> None:
    left = contestant("left")
    claimed(left, weights="marshland/heron-7b")
    Claim.objects.all().delete()
    assert [dict(version.claim) for version in versions_of(Contestant.objects.get())] == [
        {},
        {"weights": "marshland/heron-7b"},
        {},
    ]


def test_a_part_that_changes_twice_at_once_has_its_first_value_before(
    contestant: Registered,
) -> None:
    left = contestant("left", claim=CLAIM)
    with atomic():
        claimed(left, quantisation="Q4_0")
        claimed(left, quantisation="Q8_0")
    newest, first = versions_of(Contestant.objects.get())
    assert newest.claim["quantisation"] == "Q8_0"
    assert first.claim == CLAIM


def test_the_database_keeps_the_changes(contestant: Registered) -> None:
    claimed(contestant("left", claim=CLAIM), quantisation="Q4_0")
    for query in (
        "UPDATE contestants_claimchange SET changed = '{}'",
        "DELETE FROM contestants_claimchange",
    ):
        with pytest.raises((InternalError, ProgrammingError)), connection.cursor() as cursor:
            cursor.execute(query)
    assert ClaimChange.objects.count() == 1


def test_an_operator_states_the_claim_beside_the_endpoint(contestant: Registered) -> None:
    left = contestant("left")
    operator = logged_in(make_operator("root"))
    saved(operator, left, claim_weights="marshland/heron-7b", claim_context_length="8192")
    left = Contestant.objects.get()
    assert left.claim.stated == {"weights": "marshland/heron-7b", "context_length": 8192}
    html = save(operator, left, claim_parameters="[1]").content.decode()
    assert "Parameters must be a JSON object" in html
    html = save(operator, left, claim_context_length="0").content.decode()
    assert "errornote" in html
    # What is changed in one form is one version, claim and endpoint together.
    saved(operator, left, claim_quantisation="Q4_0", endpoint_system_prompt="Be brief.")
    newest, *_ = versions_of(Contestant.objects.get())
    assert newest.number == 3
    assert newest.changed == ("prompt", "claim:quantisation")
    assert "what it claims to be" in operator.get(page_of(left)).content.decode().lower()


def test_a_claim_is_shown_as_text(contestant: Registered) -> None:
    contestant("left", claim={"weights": "<script>alert(1)</script>", "system_prompt": "a\n<b>"})
    html = Client().get(reverse("pages:contestant", args=["left"])).content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html and "a<br>&lt;b&gt;" in html


def test_long_values_are_not_quoted_in_the_changes(contestant: Registered) -> None:
    claimed(contestant("left", claim=CLAIM), system_prompt="y" * 500)
    assert ClaimChange.objects.get().in_words == ["claim: system prompt"]


def test_a_catalogue_file_states_claims_and_leaves_others_alone(contestant: Registered) -> None:
    left = contestant("left", claim=CLAIM)
    contestant("left")
    assert Contestant.objects.get().claim.stated == CLAIM
    contestant("left", claim={"weights": "elsewhere"})
    assert Contestant.objects.get().claim.stated == {"weights": "elsewhere"}
    for wrong in ({"colour": "red"}, {"context_length": -1}, {"parameters": {"n": 2}}):
        with pytest.raises(ValidationError):
            contestant("left", claim=wrong)
    assert Claim.objects.get(contestant=left).stated == {"weights": "elsewhere"}


def test_the_models_that_come_with_the_site_state_what_they_are() -> None:
    for entry in catalogue.read(catalogue.DEFAULT):
        values = {name: entry[name] for name in entry if name not in {"server", "parameters"}}
        spec = EndpointSpec("http://localhost:1/v1", "x", parameters=entry["parameters"])
        made = register(endpoint=spec, **values)
        assert made.claim.parameters == spec.parameters
        assert {"weights", "tokenizer", "quantisation"} <= made.claim.stated.keys()


def test_the_list_of_contestants_takes_a_fixed_number_of_queries(
    contestant: Registered, django_assert_num_queries: DjangoAssertNumQueries, client: Client
) -> None:
    for number in range(4):
        claimed(contestant(f"model-{number}", claim=CLAIM), quantisation="Q4_0")
    with django_assert_num_queries(4):
        assert len(client.get("/api/v1/contestants").json()) == 4
