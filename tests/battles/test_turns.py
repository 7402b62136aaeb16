"""Battles of several turns: continued, regenerated, stopped, and voted on at any turn."""

import json
from typing import Any

import pytest
import redis
from django.conf import settings
from django.db import DatabaseError, transaction
from pytest_django import DjangoAssertNumQueries, Settings

from arena.battles import opening
from arena.battles.access import BattleUnknown
from arena.battles.generation.claim import MAX_ATTEMPTS
from arena.battles.generation.leases import extend_leases
from arena.battles.generation.queue import REQUEUE_AFTER
from arena.battles.generation.recovery import recover_battles
from arena.battles.generation.results import complete_answer, fail_answer
from arena.battles.live import streams
from arena.battles.live.streams import stream_key
from arena.battles.models import Answer, Battle, Turn, Vote, VoteStanding
from arena.battles.reading.battle_view import battle_of, battle_view, progress_of
from arena.battles.turns import TurnRefused, continue_battle, regenerate, stop_battle
from arena.battles.voting.cast import VoteRefused, cast_vote
from arena.battles.voting.standing import change_standing
from arena.contestants.provider import Finished
from arena.embedded.supervisor import free_port
from arena.leaderboards.models import Board, Outcome, PairTotal
from tests.arena_settings import ChangeSettings
from tests.factories import OpenBattle, answer_all, claimed
from tests.members import as_voter

FINISHED = Finished("stop", 3, 5, 0.1, 0.2)
LONG = "Explain to a child of six why the light of the sky is blue by day and red at dusk."

pytestmark = pytest.mark.django_db


def answered(battle: Battle, **texts: str) -> None:
    """Both answers of the newest turn are complete."""
    turn = battle.turns.filter(excluded_reason="").latest("number")
    for side in "ab":
        answer = turn.answers.get(side=side)
        text = texts.get(side, f"Answer {side} to {turn.number}")
        assert complete_answer(claimed(answer), text, FINISHED)


def asked_on(battle: Battle, prompt: str = "And why at night?") -> Battle:
    return continue_battle(battle.voter_id, battle.pk, prompt)


def view(battle: Battle) -> Any:
    found = battle_of(battle.voter_id, battle.pk)
    assert found
    return battle_view(found)


def conversation(battle: Battle) -> list[tuple[str, str, str]]:
    return [(t["prompt"], t["answers"]["a"], t["answers"]["b"]) for t in view(battle)["turns"]]


def test_both_models_get_the_conversation_of_their_own_side(open_battle: OpenBattle) -> None:
    battle = asked_on(open_battle())
    assert view(battle)["state"] == "generating"
    assert conversation(battle) == [("Why?", "Answer a", "Answer b"), ("And why at night?", "", "")]
    for side in "ab":
        claim = claimed(Answer.objects.get(turn__battle=battle, turn__number=2, side=side))
        assert claim.messages == [
            {"role": "user", "content": "Why?"},
            {"role": "assistant", "content": f"Answer {side}"},
            {"role": "user", "content": "And why at night?"},
        ]
        complete_answer(claim, f"Dark {side}", FINISHED)
    assert conversation(battle)[1] == ("And why at night?", "Dark a", "Dark b")


def test_a_vote_is_on_the_whole_conversation_and_knows_its_length(open_battle: OpenBattle) -> None:
    battle = asked_on(open_battle())
    with pytest.raises(VoteRefused, match="complete"):
        cast_vote(battle.voter_id, battle.pk, Outcome.A)
    answered(battle)
    voted = cast_vote(battle.voter_id, battle.pk, Outcome.A).battle
    assert voted.vote.turns == 2
    for slug in ("overall", "multi-turn"):
        assert PairTotal.objects.filter(board=Board.objects.get(slug=slug), window="all").exists()
    change_standing(voted.vote, VoteStanding.Standing.HELD, reason="To look at it.")
    assert not PairTotal.objects.exclude(first_wins=0, second_wins=0).exists()
    with pytest.raises(TurnRefused):
        asked_on(battle)


def test_a_further_prompt_that_fails_costs_only_itself(open_battle: OpenBattle) -> None:
    battle = asked_on(open_battle())
    first, second = Answer.objects.filter(turn__battle=battle, turn__number=2)
    late = claimed(second)
    fail_answer(first.pk, claimed(first).attempt, "timeout", "It hung.")
    shown = view(battle)
    assert (shown["state"], len(shown["turns"])) == ("open", 1)
    assert shown["failure"].startswith("A model gave no usable answer to the further prompt")
    # Asked again at once; the other model's answer to the dropped prompt comes late.
    asked_on(battle, "Again: why at night?")
    assert extend_leases({late.answer_id: late.attempt}) == set()
    complete_answer(late, "Too late", FINISHED)
    assert view(battle)["state"] == "generating"
    answered(battle, a="Dark", b="Night")
    assert conversation(battle)[1] == ("Again: why at night?", "Dark", "Night")
    assert view(battle)["failure"] is None
    voted = cast_vote(battle.voter_id, battle.pk, Outcome.TIE).battle
    assert voted.vote.turns == 2


def test_what_a_dead_worker_left_of_a_further_prompt_is_dropped(open_battle: OpenBattle) -> None:
    battle = asked_on(open_battle())
    Answer.objects.filter(turn__battle=battle, turn__number=2).update(
        attempt=MAX_ATTEMPTS, queued_at=battle.created_at - 2 * REQUEUE_AFTER
    )
    recover_battles()
    assert view(battle)["state"] == "open"
    assert battle.turns.get(number=2).excluded_reason == Turn.ExcludedReason.INTERRUPTED
    recover_battles()
    assert not Answer.objects.filter(turn__battle=battle, state="pending").exists()


def test_answers_can_be_had_anew_and_the_old_ones_stay_on_record(open_battle: OpenBattle) -> None:
    battle = open_battle()
    regenerate(battle.voter_id, battle.pk)
    assert conversation(battle) == [("Why?", "", "")]
    answered(battle, a="New a", b="New b")
    assert conversation(battle) == [("Why?", "New a", "New b")]
    old = battle.turns.get(number=1)
    assert old.excluded_reason == "replaced"
    assert [answer.text for answer in old.answers.all()] == ["Answer a", "Answer b"]
    claim_messages = claimed_messages(asked_on(battle))
    assert [m["content"] for m in claim_messages] == ["Why?", "New a", "And why at night?"]


def claimed_messages(battle: Battle) -> Any:
    newest = battle.turns.filter(excluded_reason="").latest("number")
    return claimed(newest.answers.get(side="a")).messages


def test_a_conversation_has_an_end(open_battle: OpenBattle, arena_settings: ChangeSettings) -> None:
    arena_settings(max_turns=2)
    battle = asked_on(open_battle())
    with pytest.raises(TurnRefused, match="complete"):
        asked_on(battle)
    answered(battle)
    with pytest.raises(TurnRefused, match="at most 2"):
        asked_on(battle)
    with pytest.raises(TurnRefused, match="at most 2"):
        regenerate(battle.voter_id, battle.pk)
    arena_settings(max_turns=9, max_prompt_chars=20, max_conversation_chars=20)
    with pytest.raises(TurnRefused, match="as long"):
        asked_on(battle)
    assert view(battle)["state"] == "open"


def test_a_stock_follow_up_leaves_a_battle_fresh_and_a_copied_one_does_not(
    open_battle: OpenBattle,
) -> None:
    first = asked_on(open_battle(), "Shorter, please.")
    answered(first)
    asked_on(first, LONG)
    answered(first)
    regenerate(first.voter_id, first.pk)
    answered(first)
    assert not first.turns.exclude(repeats=None).exists()
    other = opening.open_battle(first.voter, "Good morning! How do you do, and what is new?")
    answered(other)
    asked_on(other, "Shorter, please.")
    answered(other)
    assert not other.turns.exclude(repeats=None).exists()
    asked_on(other, LONG)
    assert other.turns.get(number=3).repeats_id


def test_a_leak_in_any_turn_keeps_the_vote_from_counting(open_battle: OpenBattle) -> None:
    battle = asked_on(open_battle(), "Who made you?")
    answered(battle)
    voted = cast_vote(battle.voter_id, battle.pk, Outcome.A).battle
    standing = voted.vote.standings.get()
    assert (standing.standing, standing.code) == ("excluded", "identity_probe")


def stream(battle: Battle, **texts: str) -> None:
    with redis.Redis.from_url(settings.REDIS_URL) as client:
        for side, text in texts.items():
            client.xadd(stream_key(battle.pk, side), {"n": 1, "o": 0, "t": text})


def test_stopped_answers_are_what_was_shown_of_them(running_battle: OpenBattle) -> None:
    battle = running_battle()
    claims = [claimed(answer) for answer in Answer.objects.filter(turn__battle=battle)]
    stream(battle, a="So far **a**", b="So far b, I am ChatGPT")
    stop_battle(battle.voter_id, battle.pk)
    assert view(battle)["state"] == "open"
    assert conversation(battle) == [("Why?", "So far **a**", "So far b, I am ChatGPT")]
    assert battle.leaks.get().side == "b"
    assert battle.turns.get().answers.get(side="a").style_bold == 1
    # The workers that still write have lost them.
    assert extend_leases({c.answer_id: c.attempt for c in claims}) == set()
    assert not complete_answer(claims[0], "So far **a** and all the rest", FINISHED)
    with pytest.raises(TurnRefused, match="ended already"):
        stop_battle(battle.voter_id, battle.pk)


def test_a_battle_stopped_before_anything_was_shown_is_over(running_battle: OpenBattle) -> None:
    battle = running_battle()
    claims = [claimed(answer) for answer in Answer.objects.filter(turn__battle=battle)]
    stream(battle, a="Only one of them has begun")
    stop_battle(battle.voter_id, battle.pk)
    shown = view(battle)
    assert (shown["state"], shown["contestants"]) == ("failed", None)
    assert shown["failure"] == "You stopped it before anything was shown."
    assert extend_leases({c.answer_id: c.attempt for c in claims}) == set()
    complete_answer(claims[0], "Too late", FINISHED)
    assert conversation(battle) == [("Why?", "", "")]
    with pytest.raises(VoteRefused):
        cast_vote(battle.voter_id, battle.pk, Outcome.A)


def test_a_further_prompt_stopped_before_anything_was_shown_is_left_out(
    open_battle: OpenBattle,
) -> None:
    battle = asked_on(open_battle())
    stop_battle(battle.voter_id, battle.pk)
    shown = view(battle)
    assert (shown["state"], len(shown["turns"])) == ("open", 1)
    assert "You stopped the further prompt" in shown["failure"]
    voted = cast_vote(battle.voter_id, battle.pk, Outcome.A).battle
    assert voted.vote.turns == 1


@pytest.mark.parametrize("stopped", [False, True])
def test_the_earlier_answers_come_back_if_there_are_no_new_ones(
    open_battle: OpenBattle, stopped: bool
) -> None:
    battle = open_battle()
    for _ in range(2):  # also the second time
        regenerate(battle.voter_id, battle.pk)
        newest = battle.turns.filter(excluded_reason="").latest("number")
        first, second = newest.answers.all()
        complete_answer(claimed(first), "One alone is no battle", FINISHED)
        if stopped:
            stop_battle(battle.voter_id, battle.pk)
        else:
            fail_answer(second.pk, claimed(second).attempt, "timeout", "It hung.")
        assert conversation(battle) == [("Why?", "Answer a", "Answer b")]
        assert view(battle)["failure"] == "There are no new answers, so the earlier ones stand."
        assert progress_of([battle.pk])[battle.pk].texts == {"a": "Answer a", "b": "Answer b"}
    asked_on(battle)
    answered(battle)
    assert view(battle)["failure"] is None
    regenerate(battle.voter_id, battle.pk)
    stop_battle(battle.voter_id, battle.pk)  # of two turns, the newest comes back
    assert [prompt for prompt, *_ in conversation(battle)] == ["Why?", "And why at night?"]
    voted = cast_vote(battle.voter_id, battle.pk, Outcome.B).battle
    assert voted.vote.turns == 2


def test_what_is_shown_cannot_be_stopped_while_redis_is_away(
    running_battle: OpenBattle, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    battle = running_battle()
    stream(battle, a="Some", b="text")
    with redis.Redis(port=free_port()) as nowhere, monkeypatch.context() as patched:
        patched.setattr(streams, "reader", lambda: nowhere)
        with pytest.raises(TurnRefused, match="at the moment"):
            stop_battle(battle.voter_id, battle.pk)
    stop_battle(battle.voter_id, battle.pk)
    assert conversation(battle) == [("Why?", "Some", "text")]


def test_stopping_shows_the_rest_of_whole_answers_at_once(
    running_battle: OpenBattle, arena_settings: ChangeSettings
) -> None:
    arena_settings(paced=True)
    battle = running_battle()
    answered(battle, a="x" * 3000, b="y" * 3000)
    assert view(battle)["state"] == "generating"
    stop_battle(battle.voter_id, battle.pk)
    assert conversation(battle) == [("Why?", "x" * 3000, "y" * 3000)]


def test_nobody_else_touches_a_conversation(open_battle: OpenBattle) -> None:
    from arena.voters.models import Voter

    battle, stranger = open_battle(), Voter.objects.create()
    for touch in (regenerate, stop_battle):
        with pytest.raises(BattleUnknown):
            touch(stranger.pk, battle.pk)
    with pytest.raises(BattleUnknown):
        continue_battle(stranger.pk, battle.pk, "Mine now.")


def test_the_database_knows_why_turns_are_dropped(open_battle: OpenBattle) -> None:
    battle = open_battle()
    with pytest.raises(DatabaseError), transaction.atomic():
        battle.turns.update(excluded_reason="disliked")


def test_the_api_goes_on_anew_and_stops(open_battle: OpenBattle) -> None:
    battle = open_battle()
    client = as_voter(battle.voter_id)
    path = f"/api/v1/battles/{battle.pk}"

    def post(what: str, body: Any = None) -> Any:
        return client.post(
            f"{path}/{what}", json.dumps(body or {}), content_type="application/json"
        )

    assert post("turns", {"prompt": " "}).status_code == 400
    assert post("stop").status_code == 409
    reply = post("turns", {"prompt": "And then?"})
    assert reply.status_code == 201
    assert [turn["number"] for turn in reply.json()["turns"]] == [1, 2]
    early = post("regenerate")
    assert (early.status_code, early["Content-Type"]) == (409, "application/problem+json")
    answered(battle)
    assert post("regenerate").json()["turns"][-1] == {
        "number": 3,
        "prompt": "And then?",
        "image": None,
        "answers": {"a": "", "b": ""},
        "endings": None,
    }
    client.cookies.clear()
    assert [
        post(what, {"prompt": "x"}).status_code for what in ("turns", "regenerate", "stop")
    ] == [404] * 3


def test_going_on_takes_a_fixed_number_of_queries(
    open_battle: OpenBattle, django_assert_max_num_queries: Any
) -> None:
    battle = open_battle()
    for _ in range(3):
        with django_assert_max_num_queries(14):
            asked_on(battle, "Go on.")
        answered(battle)


def test_the_database_counts_the_turns_of_a_vote_and_keeps_them_as_they_were(
    open_battle: OpenBattle,
) -> None:
    battle = open_battle()
    continue_battle(battle.voter_id, battle.pk, "And then?")
    answer_all(battle)
    vote = Vote.objects.create(
        battle=battle, voter=battle.voter, outcome="a", turns=7, cast_at=battle.created_at
    )
    vote.refresh_from_db()
    assert vote.turns == 2
    with pytest.raises(DatabaseError, match="voted on"), transaction.atomic():
        battle.turns.filter(number=2).update(excluded_reason="replaced")
    with pytest.raises(DatabaseError, match="voted on"), transaction.atomic():
        Turn.objects.create(battle=battle, number=3, prompt="And now?")


def test_texts_that_the_relay_knows_are_not_read_again(
    open_battle: OpenBattle, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    battle = open_battle()
    with django_assert_num_queries(3):
        known = progress_of([battle.pk])
    assert known[battle.pk].texts == {"a": "Answer a", "b": "Answer b"}
    with django_assert_num_queries(2):
        assert progress_of([battle.pk], known) == known
    continue_battle(battle.voter_id, battle.pk, "And then?")
    assert progress_of([battle.pk], known)[battle.pk].texts == {}
