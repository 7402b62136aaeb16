"""The admin's form of a contestant, filled in as an operator does."""

import json
from typing import TYPE_CHECKING, Any

from django.test import Client
from django.urls import reverse

from arena.contestants.models import Contestant

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response

ADD = "admin:contestants_contestant_add"


def page_of(contestant: Contestant) -> str:
    return reverse("admin:contestants_contestant_change", args=[contestant.pk])


def filled_in(contestant: Contestant | None = None, **changes: Any) -> dict[str, object]:
    """The form as it is on the page, with changes.

    `endpoint_FIELD` is a field of the endpoint, `claim_FIELD` one of the claim.
    Without a contestant: the form of a new one, all filled in, but for the endpoint's address.
    """
    form: dict[str, object] = {
        "name": "Fresh",
        "slug": "fresh",
        "organisation": "Somebody",
        "licence": "MIT",
        "description": "New here.",
        "aliases": "",
        "state": "draft",
        "state_reason": "",
        "endpoints-TOTAL_FORMS": 1,
        "endpoints-INITIAL_FORMS": 0,
        "claim-TOTAL_FORMS": 1,
        "claim-INITIAL_FORMS": 0,
        "claim-0-parameters": "{}",
    }
    endpoint: dict[str, object] = {"parameters": "{}", "enabled": "on"}
    if contestant is not None:
        names = ("name", "slug", "organisation", "licence", "description", "state", "state_reason")
        form |= {name: getattr(contestant, name) for name in names}
        if hasattr(contestant, "claim"):
            form |= {"claim-INITIAL_FORMS": 1, "claim-0-contestant": contestant.pk}
            form |= {f"claim-0-{part}": text for part, text in contestant.claim.stated.items()}
            form["claim-0-parameters"] = json.dumps(contestant.claim.parameters)
        stored = contestant.endpoints.get()
        form |= {"aliases": "\n".join(contestant.aliases), "endpoints-INITIAL_FORMS": 1}
        endpoint |= {
            "id": stored.pk,
            "contestant": contestant.pk,
            "base_url": stored.base_url,
            "model_id": stored.model_id,
        }
    for name, value in changes.items():
        if name.startswith("claim_"):
            form[f"claim-0-{name.removeprefix('claim_')}"] = value
        elif name.startswith("endpoint_"):
            endpoint[name.removeprefix("endpoint_")] = value
        else:
            form[name] = value
    return form | {f"endpoints-0-{name}": value for name, value in endpoint.items()}


def save(
    operator: Client, contestant: Contestant | None = None, *, test: bool = False, **changes: Any
) -> "Response":
    """Press *Save*, or *Save and test*; returns the page that follows."""
    address = page_of(contestant) if contestant else reverse(ADD)
    form = filled_in(contestant, **changes)
    button = "_saveandtest" if test else "_save"
    response = operator.post(address, {**form, button: "1"}, follow=True)
    assert response.status_code == 200
    return response


def saved(
    operator: Client, contestant: Contestant | None = None, *, test: bool = False, **changes: Any
) -> str:
    """Save, which must succeed; returns the text of the page that follows."""
    html = save(operator, contestant, test=test, **changes).content.decode()
    assert "errornote" not in html, html
    return html
