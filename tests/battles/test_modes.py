"""Models of the voter's choice, side by side or alone: named from the start, counted nowhere."""

from collections.abc import Sequence
from io import BytesIO
from typing import Any

import pytest
from django.db import DatabaseError, transaction

from arena.battles.models import Answer, Battle, KnownPrompt, Vote, VoteStanding
from arena.battles.opening import ContestantsRefused, open_battle, open_named
from arena.battles.reading import conversations
from arena.battles.reading.battle_view import battle_of, battle_view
from arena.battles.reading.history import voter_leaderboard
from arena.battles.turns import continue_battle, regenerate
from arena.battles.voting.cast import VoteRefused, cast_vote
from arena.battles.voting.standing import change_standing
from arena.contestants.models import Contestant
from arena.exports.services import write_votes
from arena.integrity.models import VoterCountDelta, WeighedVote
from arena.leaderboards.models import Outcome, PairTotal
from arena.voters.models import Voter
from tests.factories import Registered, answer_all

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked(contestant: Registered, voter: Voter) -> Any:
    """Opens a battle of the contestants with these slugs."""
    contestant("one"), contestant("two"), contestant("retired", state=Contestant.State.RETIRED)

    def ask(*slugs: str, prompt: str = "I am Ann. Who are you?") -> Battle:
        return open_named(voter, prompt, slugs)

    return ask


def view(battle: Battle) -> Any:
    found = battle_of(battle.voter_id, battle.pk)
    assert found is not None
    return battle_view(found)


def test_side_by_side_shows_the_names_and_the_vote_counts_nowhere(asked: Any) -> None:
    battle = asked("two", "one")
    shown = view(battle)
    assert (shown["mode"], shown["state"]) == ("side_by_side", "generating")
    assert [shown["contestants"][side]["slug"] for side in "ab"] == ["two", "one"]
    answer_all(battle)
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    vote = view(battle)["vote"]
    assert (vote["standing"], VoteStanding.objects.get().code) == ("excluded", "not_blind")
    assert "counts on no leaderboard" in vote["reason"]
    assert not PairTotal.objects.exists()
    assert voter_leaderboard(battle.voter_id).votes == 0
    assert not WeighedVote.objects.exists() and not VoterCountDelta.objects.exists()
    conversations.set_published(battle.voter_id, battle.pk, publish_it=True)
    assert conversations.conversation_of(battle.pk) is None


def test_a_chat_with_one_model_goes_on_and_has_no_vote(asked: Any) -> None:
    battle = asked("one")
    assert list(view(battle)["contestants"]) == ["a"]
    answer_all(battle)
    assert battle.public_state == "open"  # at once: there is nothing that a pace could hide
    continue_battle(battle.voter_id, battle.pk, "And further?")
    regenerate(battle.voter_id, answer_all(battle).pk)
    shown = view(answer_all(battle))
    assert [turn["answers"] for turn in shown["turns"]] == [{"a": "Answer a"}, {"a": "Answer a"}]
    assert set(Answer.objects.values_list("side", flat=True)) == {"a"}
    with pytest.raises(VoteRefused, match="nothing to vote on"):
        cast_vote(battle.voter_id, battle.pk, Outcome.A)
    with pytest.raises(DatabaseError, match="not open to a vote"), transaction.atomic():
        Vote.objects.create(
            battle=battle, voter_id=battle.voter_id, outcome="a", cast_at=battle.created_at
        )


def test_the_database_itself_never_counts_such_a_vote_nor_changes_the_mode(asked: Any) -> None:
    battle = answer_all(asked("one", "two"))
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    with pytest.raises(DatabaseError, match="no rankable battle"), transaction.atomic():
        change_standing(battle.vote, VoteStanding.Standing.COUNTED, reason="A moderator errs.")
    with pytest.raises(DatabaseError), transaction.atomic():
        Battle.objects.filter(pk=battle.pk).update(mode="blind")
    with pytest.raises(DatabaseError), transaction.atomic():  # alone, and yet two
        Battle.objects.filter(pk=battle.pk).update(mode="direct")
    assert not PairTotal.objects.exists()


def test_its_prompt_makes_no_other_a_repeat(asked: Any, voter: Voter) -> None:
    asked("one"), asked("one", "two")
    assert not KnownPrompt.objects.exists()
    assert open_battle(voter, "I am Ann. Who are you?").turns.get().repeats is None


@pytest.mark.django_db(transaction=True)  # an export is a transaction of its own
def test_it_is_in_no_export_of_votes(asked: Any) -> None:
    battle = answer_all(asked("one", "two"))
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    file = BytesIO()
    write_votes("ndjson", file)
    assert file.getvalue() == b""


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        (["one", "one"], "two different"),
        (["one", "nobody"], "nobody is not available"),
        (["retired"], "retired is not available"),
    ],
)
def test_models_that_cannot_be_asked_are_named(
    asked: Any, chosen: Sequence[str], says: str
) -> None:
    with pytest.raises(ContestantsRefused, match=says):
        asked(*chosen)
    assert not Battle.objects.exists()
