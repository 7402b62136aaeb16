"""What its endpoint did not finish is never judged as taste; its voter learns it after the vote."""

from typing import Any

import pytest
from django.db import DatabaseError, transaction

from arena.battles.generation.results import complete_answer
from arena.battles.models import Answer, AnswerEnding, Battle, GoldBattle, VoteStanding
from arena.battles.opening import open_named
from arena.battles.reading.battle_view import battle_of, battle_view
from arena.battles.turns import continue_battle, regenerate
from arena.battles.voting.cast import cast_vote
from arena.battles.voting.standing import change_standing
from arena.contestants.provider import Ending, Finished
from arena.leaderboards.models import Outcome, PairTotal
from arena.voters.models import Voter
from tests.factories import OpenBattle, Registered, claimed, make_battle

pytestmark = pytest.mark.django_db


def complete(battle: Battle, **endings: Ending) -> None:
    """Have both answers of the newest prompt be complete; the endings by side, else whole."""
    for answer in Answer.objects.filter(turn__battle=battle, state=Answer.State.PENDING):
        ending = endings.get(answer.side, Ending.WHOLE)
        finished = Finished("stop", 3, 5, 0.1, 0.2, ending=ending)
        assert complete_answer(claimed(answer), "An answer.", finished)
    battle.refresh_from_db()


def view(battle: Battle) -> Any:
    found = battle_of(battle.voter_id, battle.pk)
    assert found is not None
    return battle_view(found)


def vote(battle: Battle) -> Any:
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    return view(battle)


def test_a_vote_on_a_broken_answer_is_kept_and_not_counted(running_battle: OpenBattle) -> None:
    battle = running_battle()
    complete(battle, b=Ending.BROKEN_OFF)
    before = view(battle)
    assert before["state"] == Battle.State.OPEN
    assert [turn["endings"] for turn in before["turns"]] == [None]
    after = vote(battle)
    assert (after["vote"]["outcome"], after["vote"]["standing"]) == ("a", "excluded")
    assert "broke an answer off" in after["vote"]["reason"]
    assert after["turns"][0]["endings"] == {"a": "whole", "b": "broken_off"}
    assert not PairTotal.objects.exists()


def test_an_answer_that_its_operator_cuts_is_an_answer(running_battle: OpenBattle) -> None:
    battle = running_battle()
    complete(battle, a=Ending.CUT)
    after = vote(battle)
    assert after["vote"]["standing"] == "counted"
    assert after["turns"][0]["endings"] == {"a": "cut", "b": "whole"}
    assert PairTotal.objects.exists()


def test_a_broken_answer_to_an_earlier_prompt_counts_against_the_vote(
    running_battle: OpenBattle,
) -> None:
    battle = running_battle()
    complete(battle, a=Ending.BROKEN_OFF)
    continue_battle(battle.voter_id, battle.pk, "And at night?")
    complete(battle)
    after = vote(battle)
    assert after["vote"]["standing"] == "excluded"
    assert [turn["endings"]["a"] for turn in after["turns"]] == ["broken_off", "whole"]


def test_a_broken_answer_that_was_written_anew_does_not(running_battle: OpenBattle) -> None:
    battle = running_battle()
    complete(battle, a=Ending.BROKEN_OFF)
    regenerate(battle.voter_id, battle.pk)
    complete(battle)
    assert vote(battle)["vote"]["standing"] == "counted"


def test_no_one_can_have_such_a_vote_count(running_battle: OpenBattle) -> None:
    battle = running_battle()
    complete(battle, a=Ending.BROKEN_OFF)
    vote(battle)
    with pytest.raises(DatabaseError, match="broken answer"), transaction.atomic():
        change_standing(battle.vote, VoteStanding.Standing.COUNTED, reason="A moderator wants it.")
    with pytest.raises(DatabaseError, match="is final"), transaction.atomic():
        Answer.objects.filter(turn__battle=battle).update(ending=AnswerEnding.WHOLE)
    assert not PairTotal.objects.exists()


def test_a_check_whose_answer_was_broken_off_tells_nothing(
    contestant: Registered, voter: Voter
) -> None:
    model = contestant("one")
    gold = GoldBattle(kind=GoldBattle.Kind.DAMAGED, side="a")
    battle = make_battle(model, model, voter=voter, gold=gold)
    complete(battle, b=Ending.BROKEN_OFF)
    assert GoldBattle.objects.get(battle=battle).kind == GoldBattle.Kind.VOIDED


def test_a_chat_with_a_chosen_model_tells_it_at_once(contestant: Registered, voter: Voter) -> None:
    contestant("one")
    battle = open_named(voter, "Why?", ["one"])
    complete(battle, a=Ending.BROKEN_OFF)
    assert view(battle)["turns"][0]["endings"] == {"a": "broken_off"}
