"""Opening a battle: what is drawn, what is refused, and that nothing is lost on the way."""

from collections import Counter

import pytest
from django.db import connection
from kombu.exceptions import OperationalError
from pytest_django import DjangoAssertNumQueries, DjangoCaptureOnCommitCallbacks, Settings

from arena import celery_app
from arena.battles.asking import PromptRefused, TooManyBattles
from arena.battles.drawing.matchmaking import NoContestants, draw_pair
from arena.battles.generation.recovery import recover_battles
from arena.battles.models import Answer, Battle
from arena.battles.opening import open_battle
from arena.battles.tasks import generate_answer
from arena.contestants.models import Contestant
from arena.leaderboards.sampling import drawable
from arena.voters.models import Voter
from tests.factories import OpenBattle, Registered, claimed

pytestmark = pytest.mark.django_db


def test_every_ordered_pair_is_drawn_about_equally_often(contestant: Registered) -> None:
    for name in ("one", "two", "three"):
        contestant(name)
    drawn = Counter(draw_pair(drawable()) for _ in range(3000))
    assert len(drawn) == 6
    # 500 expected each, standard deviation 20.4: five of them either way.
    assert all(398 < number < 602 for number in drawn.values())


def test_only_competing_contestants_with_an_endpoint_are_drawn(contestant: Registered) -> None:
    contestant("one")
    contestant("draft", state=Contestant.State.DRAFT)
    contestant("retired", state=Contestant.State.RETIRED)
    disabled = contestant("disabled")
    connection.check_constraints()  # as at the end of its transaction
    disabled.endpoints.update(enabled=False)
    with pytest.raises(NoContestants):
        draw_pair(drawable())
    contestant("provisional", state=Contestant.State.PROVISIONAL)
    slugs = set(
        Contestant.objects.filter(pk__in=draw_pair(drawable())).values_list("slug", flat=True)
    )
    assert slugs == {"one", "provisional"}


def test_the_prompt_is_kept_to_the_letter(contestant: Registered, voter: Voter) -> None:
    contestant("one"), contestant("two")
    prompt = "  Línea ünä\r\n\tzwei 🎉 </script> %s {0} '; DROP TABLE --  "
    battle = open_battle(voter, prompt)
    assert battle.turns.get().prompt == prompt
    assert battle.state == Battle.State.GENERATING
    assert Answer.objects.filter(turn__battle=battle, state="pending").count() == 2


@pytest.mark.parametrize(
    "prompt", ["", "  \n\t", "nul \x00 inside", "half \ud83d a pair", "x" * 12_001]
)
def test_a_prompt_that_cannot_be_answered_is_refused(
    contestant: Registered, voter: Voter, prompt: str
) -> None:
    contestant("one"), contestant("two")
    with pytest.raises(PromptRefused):
        open_battle(voter, prompt)
    assert not Battle.objects.exists()


def test_a_voter_has_a_few_battles_running_at_most(
    contestant: Registered, voter: Voter, settings: Settings
) -> None:
    contestant("one"), contestant("two")
    for _ in range(settings.ARENA.running_battles_per_voter):
        open_battle(voter, "again")
    with pytest.raises(TooManyBattles):
        open_battle(voter, "once more")
    Battle.objects.filter(voter=voter).update(
        state=Battle.State.OPEN, finished_at="2026-01-01T00:00Z"
    )
    open_battle(voter, "once more")


def test_a_dead_broker_does_not_fail_the_visitor(
    contestant: Registered,
    voter: Voter,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:
    contestant("one"), contestant("two")

    def refuse(*args: object, **kwargs: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(celery_app, "send_task", refuse)
    with django_capture_on_commit_callbacks(execute=True):
        battle = open_battle(voter, "Hello")
    assert Answer.objects.filter(turn__battle=battle, state="pending").count() == 2
    enqueued: list[int] = []

    def note(task: str, answers: list[int], **kwargs: object) -> None:
        assert task == generate_answer.name
        enqueued.extend(answers)

    monkeypatch.setattr(celery_app, "send_task", note)
    with django_capture_on_commit_callbacks(execute=True):
        recover_battles()  # as beat does every few seconds
    assert len(enqueued) == 2


def test_reading_takes_a_fixed_number_of_queries(
    contestant: Registered, voter: Voter, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    from arena.battles.reading.battle_view import battle_of, battle_view

    for number in range(5):
        contestant(f"c{number}")
    battle = open_battle(voter, "How many?")
    with django_assert_num_queries(3):
        found = battle_of(voter.pk, battle.pk)
        assert found is not None
        battle_view(found)


def test_claiming_an_answer_takes_a_fixed_number_of_queries(
    running_battle: OpenBattle, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    answers = Answer.objects.filter(turn__battle=running_battle())
    for answer in answers:
        # Claim, read, choose an endpoint, reserve (with its savepoint), keep the endpoint.
        with django_assert_num_queries(10):
            claimed(answer)
