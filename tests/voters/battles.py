"""A person's battle: finish its answers, vote in it."""

from typing import Any

from arena.battles.models import Battle
from tests.factories import answer_all
from tests.voters.conftest import Person


def finish(battle: dict[str, Any]) -> None:
    answer_all(Battle.objects.get(pk=battle["id"]), "Text {side}")


def vote(person: Person, battle: dict[str, Any], outcome: str = "a") -> int:
    path = f"/api/v1/battles/{battle['id']}/vote"
    response = person.client.post(path, {"outcome": outcome}, content_type="application/json")
    return int(response.status_code)
