"""A person's battle: finish its answers, vote in it."""

from typing import Any

from arena.battles.models import Answer
from arena.battles.services import complete_answer
from arena.contestants.provider import Finished
from tests.factories import claimed
from tests.voters.conftest import Person


def finish(battle: dict[str, Any]) -> None:
    for answer in Answer.objects.filter(turn__battle=battle["id"]):
        complete_answer(claimed(answer), f"Text {answer.side}", Finished("stop", 1, 2, 0.1, 0.2))


def vote(person: Person, battle: dict[str, Any], outcome: str = "a") -> int:
    path = f"/api/v1/battles/{battle['id']}/vote"
    response = person.client.post(path, {"outcome": outcome}, content_type="application/json")
    return int(response.status_code)
