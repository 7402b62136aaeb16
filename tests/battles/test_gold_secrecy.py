"""Before the vote nothing distinguishes a gold question from another battle."""

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core import signing
from django.test import Client

from arena.battles.live.relay import Relay
from arena.battles.models import Battle, GoldBattle
from arena.battles.opening import open_battle
from arena.voters.identity import COOKIE, SALT
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.battles.gold_questions import ANSWER, OpenGold, being_written, write_answers
from tests.battles.normal import normalised

pytestmark = pytest.mark.django_db(transaction=True)  # `generate` gives its connection back

JSON = "application/json"


def all_that_is_told(client: Client, battle: Battle, *, stops: bool) -> dict[str, Any]:
    """Everything that a browser gets of a battle before the vote, by place."""
    path = f"/api/v1/battles/{battle.pk}"
    got: dict[str, Any] = {}

    def note(place: str, reply: Any) -> None:
        headers = "".join(f"{name}: {value}\n" for name, value in reply.headers.items())
        got[place] = normalised(f"{reply.status_code}\n{headers}\n{reply.content.decode()}")

    def look(turn: int) -> None:
        got[f"frames {turn}"] = async_to_sync(frames_of)(battle)
        note(f"page {turn}", client.get(battle.get_absolute_url()))
        note(f"document {turn}", client.get(path))
        note(f"mine {turn}", client.get("/account/battles/"))

    if stops:
        with being_written([battle]):
            note("page as it is written", client.get(battle.get_absolute_url()))
            note("too early a vote", client.post(f"{path}/vote", {"outcome": "a"}, JSON))
            note("stop", client.post(f"{path}/stop", {}, JSON))
    else:
        write_answers(battle)
    look(1)
    note("regenerated", client.post(f"{path}/regenerate", {}, JSON))
    write_answers(battle)
    look(2)
    note("further", client.post(f"{path}/turns", {"prompt": "And 3+3?"}, JSON))
    write_answers(battle)
    look(3)
    return got


async def frames_of(battle: Battle) -> Any:
    """What a late reader gets over the socket, or by asking again and again: the text that is put
    together of it, how it ends, and which keys it has. How it is cut is a matter of the moment.
    """
    frames: list[dict[str, Any]] = []
    text, cursor = {"a": "", "b": ""}, ""
    while not frames or frames[-1]["type"] != "open":
        more, cursor = await Relay().poll(battle.pk, cursor)
        frames += more
    for frame in frames:
        for side in "ab":
            before = "" if frame["type"] == "snapshot" else text[side]
            text[side] = before + frame.get(side, "")
    return text, frames[-1], sorted({key for frame in frames for key in frame})


@pytest.mark.parametrize("stops", [False, True])
def test_identical_answers_of_two_models_look_like_a_gold_question_of_the_same(
    gold: OpenGold, voter: Voter, arena_settings: ChangeSettings, client: Client, stops: bool
) -> None:
    """Both models of the ordinary battle say the same, as every model does to a simple sum."""
    arena_settings(consent_version="")
    question = gold(GoldBattle.Kind.SAME)
    Battle.objects.filter(voter=voter).exclude(pk=question.pk).update(voter=Voter.objects.create())
    arena_settings(gold_one_in=0)
    ordinary = open_battle(Voter.objects.create(), ANSWER)
    assert ordinary.contestant_a_id != ordinary.contestant_b_id
    got = []
    for battle in (ordinary, question):
        client.cookies[COOKIE] = signing.dumps(str(battle.voter_id), salt=SALT)
        got.append(all_that_is_told(client, battle, stops=stops))
    one, other = got
    assert one.keys() == other.keys()
    for place in one:
        assert one[place] == other[place], place
