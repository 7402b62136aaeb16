"""Which boards a battle's vote counts on, from the prompt's arrival to taking the vote back."""

import pytest
from django.db import DatabaseError, transaction
from pytest_django import DjangoAssertNumQueries

from arena.battles import opening
from arena.battles.generation.results import complete_answer
from arena.battles.models import Answer, Battle, Turn
from arena.battles.reading.battle_view import battle_view
from arena.battles.voting.boards import boards_of
from arena.battles.voting.cast import cast_vote
from arena.battles.voting.standing import update_counts
from arena.contestants.provider import Finished
from arena.leaderboards.boards import boards_named, register_boards
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Outcome, PairTotal, Style
from arena.leaderboards.variants import Variant
from arena.voters.models import Voter
from tests.factories import OpenBattle, Registered, claimed

pytestmark = pytest.mark.django_db


def opened(contestant: Registered, voter: Voter, prompt: str, answers: dict[str, str]) -> Battle:
    register_boards()
    contestant("one"), contestant("two")
    battle = opening.open_battle(voter, prompt)
    for answer in Answer.objects.filter(turn__battle=battle):
        complete_answer(claimed(answer), answers[answer.side], Finished("stop", 1, 2, 0.1, 0.2))
    return battle


def counted_on(window: str = "all") -> set[str]:
    return {
        row.board.slug
        for row in PairTotal.objects.filter(window=window).select_related("board")
        if row.first_wins + row.second_wins + row.ties + row.both_bad
    }


def test_a_vote_counts_on_the_boards_of_its_prompt_and_leaves_them_again(
    contestant: Registered, voter: Voter
) -> None:
    prompt = "Schreibe eine Funktion in Python, die prüft, ob eine Zahl eine Primzahl ist."
    answers = {"a": "# Long\n\n- with\n- a **list**" + " and words" * 50, "b": "Short."}
    battle = opened(contestant, voter, prompt, answers)
    turn = battle.turns.get()
    assert turn.language == "de"
    assert "code" in turn.topics
    cast_vote(voter.pk, battle.pk, Outcome.A)
    boards = {"overall", "fresh", "code", "lang-de"}
    assert boards <= counted_on() == counted_on("30d")
    assert "lang-en" not in counted_on()
    styled = counts_of(Variant(boards_named(["code"])[0], Style.CONTROLLED)).styled
    assert styled is not None
    difference = styled.features()[0][styled.counts[0].any(axis=1)][0]
    long_is_first = battle.contestant_a_id < battle.contestant_b_id
    assert difference == pytest.approx(
        [0.98, 1, 1, 1] if long_is_first else [-0.98, -1, -1, -1], abs=0.01
    )
    with transaction.atomic():
        update_counts(battle.vote, delta=-1)
    assert counted_on() == counted_on("30d") == set()


def test_style_is_measured_when_an_answer_completes(contestant: Registered, voter: Voter) -> None:
    text = "## A\n\n1. **b**\n2. c"
    battle = opened(contestant, voter, "Why?", {"a": text, "b": "d"})
    answer = Answer.objects.get(turn__battle=battle, side="a")
    style = (answer.style_tokens, answer.style_headers, answer.style_lists, answer.style_bold)
    assert style == (len(text) // 4, 1, 2, 1)


def test_the_boards_of_a_conversation() -> None:
    first = Turn(number=1, language="fr", topics=["long_prompt"])
    second = Turn(number=2, language="en", topics=["mathematics"])
    assert boards_of([first]) == {"overall", "fresh", "lang-fr", "long-prompt"}
    assert boards_of([first, second]) == boards_of([first]) | {"mathematics", "multi-turn"}
    assert boards_of([Turn(language="und")]) == {"overall", "fresh"}
    repeated = Turn(number=2, language="en", repeats_id=1)
    assert boards_of([first, repeated]) == {"overall", "lang-fr", "long-prompt", "multi-turn"}


def test_every_topic_of_the_classifier_has_its_board() -> None:
    from dataclasses import fields

    from arena.text.classification import Categories

    register_boards()
    topics = [field.name for field in fields(Categories) if field.name != "language"]
    slugs = boards_of([Turn(topics=topics), Turn(language="en")])
    assert {board.slug for board in boards_named(slugs)} == slugs


def test_what_a_prompt_was_sorted_into_stays(open_battle: OpenBattle) -> None:
    turn = open_battle().turns.get()
    for change in ({"prompt": "Another"}, {"language": "sw"}, {"topics": ["code"]}):
        with pytest.raises(DatabaseError, match=r"update|final"), transaction.atomic():
            Turn.objects.filter(pk=turn.pk).update(**change)


def test_a_vote_takes_a_fixed_number_of_queries(
    contestant: Registered,
    voter: Voter,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    prompt = "Write a Python function that sorts a list. Explain it in exactly three sentences."
    for _ in range(2):  # the first vote enters the language's board and the ticker
        battle = opened(contestant, voter, prompt, {"a": "x", "b": "y"})
        last = battle
        if not Battle.objects.filter(state="voted").exists():
            cast_vote(voter.pk, battle.pk, Outcome.A)
    # One locks the voter's cluster, two look for its prompts put to named models; the reply takes
    # none any more.
    with django_assert_num_queries(18):
        cast = cast_vote(voter.pk, last.pk, Outcome.B)
    with django_assert_num_queries(0):
        battle_view(cast.battle, cast.report)
