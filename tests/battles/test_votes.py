"""One vote per battle, final, whatever is retried, doubled or raced (invariants 1, 3, 5)."""

import json
import subprocess
import sys
import uuid
from pathlib import Path

import pytest
from django.db import DatabaseError, connection, transaction

from arena.battles.access import BattleUnknown
from arena.battles.generation.results import fail_answer
from arena.battles.models import Attention, Battle, Vote, VoteStanding
from arena.battles.voting.cast import VoteRefused, cast_vote
from arena.leaderboards.models import Outcome, PairDay, PairTotal
from tests.factories import OpenBattle
from tests.speed import seconds

REPO = Path(__file__).resolve().parents[2]


def counted() -> int:
    """How many outcomes the overall board counts."""
    return sum(
        row.first_wins + row.second_wins + row.ties + row.both_bad
        for row in PairTotal.objects.filter(board__slug="overall", window="all")
    )


@pytest.mark.django_db
@pytest.mark.parametrize("outcome", Outcome.values)
def test_a_vote_is_recorded_counted_and_reveals(open_battle: OpenBattle, outcome: str) -> None:
    battle = open_battle()
    voted, report = cast_vote(battle.voter_id, battle.pk, Outcome(outcome))
    assert report is not None
    assert voted.state == Battle.State.VOTED
    assert battle.vote.outcome == outcome
    assert [s.standing for s in battle.vote.standings.all()] == ["counted"]
    total = PairTotal.objects.get(board__slug="overall", window="all")
    day = PairDay.objects.get(board__slug="overall")
    column = {"a": "first_wins", "b": "second_wins", "tie": "ties", "both_bad": "both_bad"}
    if battle.contestant_a_id > battle.contestant_b_id:
        column |= {"a": "second_wins", "b": "first_wins"}
    for row in (total, day):
        assert getattr(row, column[outcome]) == 1
    assert counted() == 1
    assert day.day == battle.vote.cast_at.date()


@pytest.mark.django_db
def test_the_same_vote_again_changes_nothing(open_battle: OpenBattle) -> None:
    battle = open_battle()
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    is_new = cast_vote(battle.voter_id, battle.pk, Outcome.A).is_new
    assert not is_new
    assert counted() == Vote.objects.count() == VoteStanding.objects.count() == 1


@pytest.mark.django_db
def test_a_vote_is_not_taken_back(open_battle: OpenBattle) -> None:
    battle = open_battle()
    cast_vote(battle.voter_id, battle.pk, Outcome.A)
    with pytest.raises(VoteRefused, match="final"):
        cast_vote(battle.voter_id, battle.pk, Outcome.B)
    assert battle.vote.outcome == "a"
    assert counted() == 1


@pytest.mark.django_db
def test_no_vote_before_both_answers_are_complete(running_battle: OpenBattle) -> None:
    battle = running_battle()
    with pytest.raises(VoteRefused, match="complete"):
        cast_vote(battle.voter_id, battle.pk, Outcome.A)
    assert counted() == 0


@pytest.mark.django_db
def test_no_vote_on_a_failed_battle(running_battle: OpenBattle) -> None:
    battle = running_battle()
    answer = battle.turns.get().answers.get(side="a")
    fail_answer(answer.pk, answer.attempt, "refused", "gone")
    with pytest.raises(VoteRefused, match="failed"):
        cast_vote(battle.voter_id, battle.pk, Outcome.B)
    assert counted() == 0


@pytest.mark.django_db
def test_no_vote_in_the_battle_of_another_voter(open_battle: OpenBattle) -> None:
    battle = open_battle()
    with pytest.raises(BattleUnknown):
        cast_vote(uuid.uuid4(), battle.pk, Outcome.A)
    assert counted() == 0


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("table", "key"),
    [("battles_vote", "id"), ("battles_votestanding", "id"), ("battles_attention", "vote_id")],
)
@pytest.mark.parametrize("statement", ["UPDATE {0} SET {1} = {1}", "DELETE FROM {}"])
def test_the_database_itself_keeps_votes_and_what_belongs_to_them(
    open_battle: OpenBattle, table: str, key: str, statement: str
) -> None:
    battle = open_battle()
    cast_vote(battle.voter_id, battle.pk, Outcome.TIE)
    with (
        pytest.raises(DatabaseError, match="Cannot"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement.format(table, key))
    assert Vote.objects.count() == VoteStanding.objects.count() == Attention.objects.count() == 1


@pytest.mark.django_db
def test_the_database_itself_refuses_a_vote_on_an_unfinished_battle(
    running_battle: OpenBattle,
) -> None:
    battle = running_battle()
    with pytest.raises(DatabaseError, match="not open"), transaction.atomic():
        Vote.objects.create(
            battle=battle, voter=battle.voter, outcome="a", cast_at=battle.created_at
        )


RACER = """
import json, os, sys
import django
django.setup()
from django.db import connection
from arena.battles.voting.cast import VoteRefused, cast_vote
from arena.leaderboards.models import Outcome
connection.ensure_connection()
battle, voter, outcome = sys.argv[1:]
print("ready", flush=True)
sys.stdin.readline()
results = []
for _ in range(3):
    try:
        new = cast_vote(voter, battle, Outcome(outcome)).is_new
        results.append("new" if new else "again")
    except VoteRefused:
        results.append("refused")
print(json.dumps(results), flush=True)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("outcomes", [("a", "a"), ("a", "b")])
def test_two_processes_that_vote_at_once_make_one_vote(
    open_battle: OpenBattle, outcomes: tuple[str, str], database_environment: dict[str, str]
) -> None:
    battle = open_battle()
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(battle.pk), str(battle.voter_id), outcome],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=REPO,
            env=database_environment,
        )
        for outcome in outcomes
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("\n")
        racer.stdin.flush()
    results = [json.loads(racer.communicate(timeout=seconds(120))[0]) for racer in racers]
    assert [word for result in results for word in result].count("new") == 1
    winner = next(i for i, result in enumerate(results) if result[0] == "new")
    loser = results[1 - winner]
    assert loser == ["again" if len(set(outcomes)) == 1 else "refused"] * 3
    assert battle.vote.outcome == outcomes[winner]
    assert counted() == Vote.objects.count() == 1
