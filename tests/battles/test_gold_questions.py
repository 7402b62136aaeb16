"""Gold questions survive "regenerate" and "stop"; one whose vote is no evidence is replaced."""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from django.utils import timezone

from arena.battles.generation.results import complete_answer, fail_answer
from arena.battles.gold import draw
from arena.battles.live.streams import Entry, read_streams
from arena.battles.models import Answer, Battle, GoldBattle, StyleProfile
from arena.battles.opening import Request, open_battle
from arena.battles.turns import continue_battle, regenerate, stop_battle
from arena.battles.voting.cast import cast_vote
from arena.contestants.models import Endpoint
from arena.contestants.provider import Ending, Finished
from arena.integrity.statistics.voter.gold import ReaderNull
from arena.leaderboards.models import Outcome
from arena.voters.models import Member, Voter
from tests.arena_settings import ChangeSettings
from tests.battles.gold_questions import ANSWER, OpenGold, being_written, write_answers
from tests.factories import claimed
from tests.speed import wait_until

pytestmark = pytest.mark.django_db(transaction=True)  # `generate` gives its connection back

CHANGED = [GoldBattle.Kind.DAMAGED, GoldBattle.Kind.DECOY]


def kinds_of(battles: list[Battle]) -> Counter[str]:
    return Counter(GoldBattle.objects.filter(battle__in=battles).values_list("kind", flat=True))


def texts_of(battle: Battle) -> tuple[str, str]:
    """The answer on the changed side of a battle, and the other one, in the newest turn."""
    texts = dict(
        Answer.objects.filter(turn__battle=battle, turn__excluded_reason="")
        .order_by("turn__number")
        .values_list("side", "text")
    )
    side = GoldBattle.objects.get(battle=battle).side
    return texts[side], texts["b" if side == "a" else "a"]


@pytest.mark.parametrize("kind", CHANGED)
def test_pressing_regenerate_in_every_battle_voids_no_gold_question(
    gold: OpenGold, voter: Voter, kind: GoldBattle.Kind
) -> None:
    battles = [gold(kind) for _ in range(10)]
    for battle in battles:
        write_answers(battle)
        for _ in range(2):
            regenerate(voter.pk, battle.pk)
            write_answers(battle)
        changed, plain = texts_of(battle)
        assert plain == ANSWER != changed
        cast_vote(voter.pk, battle.pk, Outcome.A)
    assert kinds_of(battles) == {kind: 10}
    assert not GoldBattle.objects.filter(owed=True).exists()


@pytest.mark.parametrize("kind", CHANGED)
def test_pressing_stop_in_every_battle_voids_no_gold_question(
    gold: OpenGold, voter: Voter, kind: GoldBattle.Kind
) -> None:
    battles = [gold(kind) for _ in range(10)]
    with being_written(battles):
        for battle in battles:
            stop_battle(voter.pk, battle.pk)
    for battle in battles:
        changed, plain = texts_of(battle)
        assert not plain.startswith(changed)  # it is changed, for all to see
        cast_vote(voter.pk, battle.pk, Outcome.A)
    assert kinds_of(battles) == {kind: 10}
    assert not GoldBattle.objects.filter(owed=True).exists()


def test_stopping_and_then_regenerating_keeps_it_as_well(gold: OpenGold, voter: Voter) -> None:
    battle = gold(GoldBattle.Kind.DAMAGED)
    with being_written([battle]):
        stop_battle(voter.pk, battle.pk)
    regenerate(voter.pk, battle.pk)
    write_answers(battle)
    assert kinds_of([battle]) == {"damaged": 1}
    assert sorted(texts_of(battle)[0].split()) == sorted(ANSWER.split())


def whole_streams(battle: Battle) -> list[Entry]:
    """All of both streams, which a thread writes; nothing while one lacks its end."""
    entries = read_streams(battle.pk)[1]
    return (
        entries if {entry.side for entry in entries if entry.is_text_complete} == {"a", "b"} else []
    )


def stopped_at(battle: Battle, chars: int) -> GoldBattle:
    """The gold question, stopped when so many characters of both answers were shown."""
    entries = wait_until(lambda: whole_streams(battle))
    shown = {
        side: "".join(entry.text for entry in entries if entry.side == side)[:chars]
        for side in "ab"
    }
    changed = draw.changes_shown(battle, entries, shown)
    for side in "ab":
        Answer.objects.filter(turn__battle=battle, side=side).update(
            state="complete", lease_until=None, text=shown[side], changed=changed[side]
        )
    battle.state = Battle.State.OPEN
    with transaction.atomic():
        draw.settle_truth(battle)
    return GoldBattle.objects.get(battle=battle)


def test_what_a_stopped_one_is_depends_on_what_was_shown_of_the_change(gold: OpenGold) -> None:
    """The first sentence ends at 56 characters; the opening of the decoy stands before it."""
    for kind, expected in (
        (GoldBattle.Kind.DAMAGED, {10: "voided", 55: "voided", 56: "damaged", 200: "damaged"}),
        (GoldBattle.Kind.DECOY, {5: "voided", 11: "decoy", 12: "decoy", 40: "decoy"}),
    ):
        battle = gold(kind)
        write_answers(battle)
        for chars, found in expected.items():
            truth = stopped_at(battle, chars)
            assert truth.kind == found, (kind, chars)
            assert truth.owed == (found == "voided"), (kind, chars)


def test_a_part_before_the_first_change_shows_two_answers_as_they_came(gold: OpenGold) -> None:
    battle = gold(GoldBattle.Kind.DECOY)
    StyleProfile.objects.update(opening="", openings=[], title="", head="**{}**:")
    write_answers(battle)
    first_item = ANSWER.index("- Day")
    truth = stopped_at(battle, first_item)
    assert (truth.kind, truth.side, truth.owed) == ("same", "", False)
    assert stopped_at(battle, first_item + 4).kind == "voided"
    truth = stopped_at(battle, len(ANSWER))
    assert (truth.kind, truth.side != "") == ("decoy", True)


def test_a_first_prompt_with_nothing_to_change_does_not_disarm_the_rest(
    gold: OpenGold, voter: Voter
) -> None:
    battle = gold(GoldBattle.Kind.DAMAGED, "Yes.")
    write_answers(battle)
    assert kinds_of([battle]) == {"same": 1}
    continue_battle(voter.pk, battle.pk, ANSWER)
    write_answers(battle)
    assert kinds_of([battle]) == {"damaged": 1}
    changed, plain = texts_of(battle)
    assert plain == ANSWER != changed


def test_the_answers_that_come_back_are_what_counts(gold: OpenGold, voter: Voter) -> None:
    """Of new answers one fails after the other, with nothing to change, was complete."""
    battle = gold(GoldBattle.Kind.DAMAGED)
    write_answers(battle)
    side = GoldBattle.objects.get(battle=battle).side
    regenerate(voter.pk, battle.pk)
    answers = {answer.side: answer for answer in battle.turns.get(number=2).answers.all()}
    claim = claimed(answers[side])
    complete_answer(claim, "Yes.", Finished("stop", 3, 5, 0.1, 0.2))
    other = answers["b" if side == "a" else "a"]
    fail_answer(other.pk, claimed(other).attempt, "timeout", "It hung.")
    assert kinds_of([battle]) == {"damaged": 1}
    assert texts_of(battle)[1] == ANSWER


def voided(gold: OpenGold) -> Battle:
    """A gold question that its voter stopped before a whole sentence was shown."""
    return void(gold(GoldBattle.Kind.DAMAGED))


def void(battle: Battle) -> Battle:
    write_answers(battle)
    stopped_at(battle, 20)
    return battle


def test_one_that_became_void_is_owed_and_the_next_battle_is_one(
    gold: OpenGold, voter: Voter, arena_settings: ChangeSettings
) -> None:
    first = voided(gold)
    arena_settings(gold_one_in=10**9, gold_one_in_at_risk=10**9)
    assert not open_battle(Voter.objects.create(), ANSWER).is_gold
    assert not open_battle(voter, ANSWER, request=Request(by_program=True)).is_gold
    cast_vote(voter.pk, first.pk, Outcome.A)
    assert open_battle(Voter.objects.get(pk=voter.pk), ANSWER).is_gold
    assert not open_battle(voter, ANSWER).is_gold


def test_each_void_one_is_owed_once_more_if_what_made_up_for_it_is_void(
    gold: OpenGold, voter: Voter, arena_settings: ChangeSettings
) -> None:
    """Who stops all battles as soon as something shows gets gold questions alone from then on."""
    for battle in [gold(GoldBattle.Kind.DAMAGED) for _ in range(2)]:
        void(battle)
    arena_settings(gold_one_in=10**9, gold_one_in_at_risk=10**9)
    for _ in range(5):
        battle = open_battle(voter, ANSWER)
        assert battle.is_gold
        stop_battle(voter.pk, battle.pk)  # nothing of it is shown
        assert Battle.objects.get(pk=battle.pk).failure == "stopped"
    assert GoldBattle.objects.filter(owed=True).count() == 2
    opened = [open_battle(voter, ANSWER).is_gold for _ in range(4)]
    assert opened == [True, True, False, False]


def test_one_that_is_regenerated_to_something_is_not_owed_any_more(
    gold: OpenGold, voter: Voter, arena_settings: ChangeSettings
) -> None:
    battle = voided(gold)
    regenerate(voter.pk, battle.pk)
    write_answers(battle)
    assert kinds_of([battle]) == {"damaged": 1}
    arena_settings(gold_one_in=10**9, gold_one_in_at_risk=10**9)
    assert not open_battle(voter, ANSWER).is_gold


def test_it_is_owed_by_the_person_not_the_browser(
    gold: OpenGold, voter: Voter, arena_settings: ChangeSettings
) -> None:
    """A guest logs in to an account that has a voter."""
    voided(gold)
    arena_settings(gold_one_in=10**9, gold_one_in_at_risk=10**9)
    member = Voter.objects.create(member=Member.objects.create_user("ann"))
    assert not open_battle(member, ANSWER).is_gold
    Voter.objects.filter(pk=voter.pk).update(merged_into=member)
    assert open_battle(member, ANSWER).is_gold
    assert not open_battle(member, ANSWER).is_gold


def test_who_stopped_one_too_early_gets_more_of_them_for_a_day(
    gold: OpenGold, voter: Voter, arena_settings: ChangeSettings
) -> None:
    """They know that it was one, and that the next is one, but not when others come."""
    voided(gold)
    arena_settings(gold_one_in=10**9, gold_one_in_at_risk=1)
    assert [open_battle(voter, ANSWER).is_gold for _ in range(3)] == [True] * 3
    GoldBattle.objects.update(stopped_at=timezone.now() - timedelta(days=1))
    assert not open_battle(voter, ANSWER).is_gold


def test_one_that_an_endpoint_broke_off_is_owed_and_says_nothing_of_its_voter(
    gold: OpenGold, voter: Voter, arena_settings: ChangeSettings
) -> None:
    battle = gold(GoldBattle.Kind.SAME)
    for answer in Answer.objects.filter(turn__battle=battle):
        ending = Ending.BROKEN_OFF if answer.side == "a" else Ending.WHOLE
        finished = Finished("stop", 3, 5, 0.1, 0.2, ending=ending)
        complete_answer(claimed(answer), "An answer.", finished)
    truth = GoldBattle.objects.get(battle=battle)
    assert (truth.kind, truth.owed, truth.stopped_at) == ("voided", True, None)
    low, high = ReaderNull().bounds(truth.kind, truth.side)
    assert (low.item(), high.item()) == (0.0, 1.0)
    arena_settings(gold_one_in=10**9, gold_one_in_at_risk=10**9)
    assert open_battle(voter, ANSWER).is_gold


def test_a_model_that_answers_once_at_a_time_is_in_no_gold_question(
    gold: OpenGold, voter: Voter
) -> None:
    """The second answer would have to wait for the first one, and so tell what it is."""
    slow = Endpoint.objects.get(contestant__slug="left")
    Endpoint.objects.filter(pk=slow.pk).update(max_concurrency=1)
    questions = [open_battle(voter, ANSWER) for _ in range(30)]
    on_both_sides = {each.contestant_a_id for each in questions if each.is_gold}
    assert on_both_sides == set(
        Endpoint.objects.exclude(pk=slow.pk).values_list("contestant", flat=True)
    )
    Endpoint.objects.update(max_concurrency=1)
    assert not open_battle(voter, ANSWER).is_gold
