"""Clients of the API, and what a problem document holds."""

from typing import TYPE_CHECKING, Any

from django.test import Client

from arena.battles.models import Battle
from tests.factories import answer_all

if TYPE_CHECKING:
    from django.test.client import _MonkeyPatchedWSGIResponse as Response


class Caller:
    """A client that sends the CSRF token as the page's script does."""

    def __init__(self) -> None:
        self.client = Client(enforce_csrf_checks=True)
        self.client.get("/")
        self.token = self.client.cookies["csrftoken"].value

    def post(self, path: str, body: object) -> "Response":
        return self.client.post(
            path, body, content_type="application/json", headers={"X-CSRFToken": self.token}
        )

    def put(self, path: str, body: object) -> "Response":
        return self.client.put(
            path, body, content_type="application/json", headers={"X-CSRFToken": self.token}
        )

    def get(self, path: str) -> "Response":
        return self.client.get(path)

    def open(self, prompt: str = "Why is the sky blue?") -> dict[str, Any]:
        response = self.post("/api/v1/battles", {"prompt": prompt})
        assert response.status_code == 201, response.content
        battle: dict[str, Any] = response.json()
        return battle

    def finish(self, battle: dict[str, Any]) -> None:
        answer_all(Battle.objects.get(pk=battle["id"]), "Text {side}")


def assert_problem(response: "Response", status: int) -> dict[str, Any]:
    assert response.status_code == status, response.content
    assert response.headers["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = response.json()
    assert body["status"] == status
    assert body["title"] and body["detail"] and body["type"]
    return body
