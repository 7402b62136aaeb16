"""The vote of a battle that was not blind is kept, not counted, and its voter learns why."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.test import Client

from arena.battles.generation.recovery import recover_battles
from arena.battles.generation.results import complete_answer
from arena.battles.models import Answer, Battle, IdentityLeak
from arena.battles.opening import open_battle
from arena.battles.prompts.leaks import leak_in, note_leak
from arena.battles.reading.battle_view import battle_of, battle_view
from arena.battles.voting.cast import cast_vote
from arena.contestants.provider import Finished
from arena.leaderboards.models import Outcome, PairDay, PairTotal
from arena.voters.models import Voter
from tests.factories import OpenBattle, Registered, claimed

pytestmark = pytest.mark.django_db


def complete(battle: Battle, **texts: str) -> None:
    for answer in Answer.objects.filter(turn__battle=battle):
        text = texts.get(answer.side, "An ordinary answer.")
        complete_answer(claimed(answer), text, Finished("stop", 3, 5, 0.1, 0.2))
    battle.refresh_from_db()


def view(battle: Battle) -> Any:
    found = battle_of(battle.voter_id, battle.pk)
    assert found is not None
    return battle_view(found)


def vote(battle: Battle) -> Any:
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    return view(battle)["vote"]


def test_an_ordinary_battle_counts(running_battle: OpenBattle) -> None:
    battle = running_battle()
    complete(battle, a="Mistral AI was founded in 2023.")
    assert not IdentityLeak.objects.exists()
    voted = vote(battle)
    assert (voted["standing"], voted["reason"]) == ("counted", None)
    assert PairTotal.objects.exists()


def test_an_answer_that_names_its_vendor_excludes_the_vote(running_battle: OpenBattle) -> None:
    battle = running_battle()
    complete(battle, b="I am a large language model, trained by Google.")
    assert battle.state == Battle.State.OPEN
    leak = battle.leaks.get()
    assert (leak.side, leak.kind) == ("b", "name")
    assert "trained by google" in leak.excerpt
    voted = vote(battle)
    assert (voted["outcome"], voted["standing"]) == ("a", "excluded")
    assert "An answer says which model" in voted["reason"]
    standing = battle.vote.standings.get()
    assert (standing.code, standing.author) == ("identity_leak", None)
    assert not PairTotal.objects.exists()
    assert not PairDay.objects.exists()


def test_a_probe_excludes_the_vote(contestant: Registered, voter: Voter) -> None:
    contestant("one"), contestant("two")
    battle = open_battle(voter, "Who made you?")
    leak = battle.leaks.get()
    assert (leak.side, leak.kind) == ("", "probe")
    complete(battle)
    voted = vote(battle)
    assert voted["standing"] == "excluded"
    assert "The prompt asks the models who they are" in voted["reason"]
    assert not PairTotal.objects.exists()


def test_names_and_aliases_of_the_catalogue_are_known(running_battle: OpenBattle) -> None:
    battle = running_battle()
    battle.contestant_a.aliases = ["Polarlicht 9B"]
    battle.contestant_a.save()
    complete(battle, a="Hello, I'm Polarlicht 9B!", b="I was made by right org.")
    assert set(battle.leaks.values_list("side", "kind")) == {("a", "name"), ("b", "name")}


def test_before_the_vote_nothing_says_so(contestant: Registered, client: Client) -> None:
    contestant("one"), contestant("two")
    shown = []
    for prompt, text in (("Why?", "Because."), ("Who are you?", "I am ChatGPT, by OpenAI.")):
        opened = client.post(
            "/api/v1/battles", {"prompt": prompt}, content_type="application/json"
        ).json()
        battle = Battle.objects.get(pk=opened["id"])
        complete(battle, a=text)
        body = client.get(f"/api/v1/battles/{opened['id']}").json()
        unlike = {"id", "url", "socket", "turns"}
        shown.append([{k: v for k, v in it.items() if k not in unlike} for it in (opened, body)])
        recover_battles()
    assert shown[0] == shown[1]


def test_the_voter_is_told_by_the_api_after_the_vote(
    contestant: Registered, client: Client
) -> None:
    contestant("one"), contestant("two")
    opened = client.post(
        "/api/v1/battles", {"prompt": "What model are you?"}, content_type="application/json"
    ).json()
    complete(Battle.objects.get(pk=opened["id"]))
    voted = client.post(
        f"/api/v1/battles/{opened['id']}/vote", {"outcome": "tie"}, content_type="application/json"
    )
    assert voted.status_code == 201
    assert voted.json()["vote"]["standing"] == "excluded"
    assert voted.json()["vote"]["reason"].startswith("The prompt asks")
    assert voted.json()["contestants"]["a"]["name"]


def test_a_leak_of_one_kind_is_noted_once_a_side(running_battle: OpenBattle) -> None:
    battle = running_battle()
    complete(battle, a="I am ChatGPT.")
    leak = leak_in("I am ChatGPT, as I said.")
    assert leak
    note_leak(battle, "a", leak)
    assert battle.leaks.count() == 1


@pytest.mark.parametrize(("side", "kind"), [("a", "probe"), ("", "name"), ("c", "name")])
def test_the_database_itself_knows_what_leaks_where(
    running_battle: OpenBattle, side: str, kind: str
) -> None:
    battle = running_battle()
    with pytest.raises(DatabaseError), transaction.atomic():
        IdentityLeak.objects.create(battle=battle, side=side, kind=kind)


def test_completing_and_voting_take_a_fixed_number_of_queries(
    running_battle: OpenBattle, django_assert_num_queries: Any
) -> None:
    battle = running_battle()
    first, second = Answer.objects.filter(turn__battle=battle)
    finished = Finished("stop", 3, 5, 0.1, 0.2)
    complete_answer(claimed(first), "I am ChatGPT.", finished)
    claim = claimed(second)
    with django_assert_num_queries(9):
        complete_answer(claim, "I am Claude, an AI.", finished)
    with django_assert_num_queries(11):  # the reply, which took eight, takes none any more
        cast = cast_vote(battle.voter_id, battle.pk, Outcome.A)
    with django_assert_num_queries(0):
        battle_view(cast.battle, cast.report)
