"""Each rule about battles and votes gives the same result in Python, in queries and in triggers."""

import itertools

import pytest
from django.db import DatabaseError, connection, transaction
from django.utils import timezone

from arena.battles.models import Battle, GoldBattle, Vote, VoteStanding
from arena.battles.models.querysets import (
    exported,
    exported_sql,
    kept_sql,
    rankable,
    rankable_sql,
)
from arena.battles.models.vote import newest_standing_sql
from arena.voters.models import Voter
from arena.voters.people import accounts_of, person_sql
from tests.factories import Registered, make_battle

pytestmark = pytest.mark.django_db

COUNTED, HELD, EXCLUDED = VoteStanding.Standing
MODES = (Battle.Mode.BLIND, Battle.Mode.SIDE_BY_SIDE)
SORTS = [
    (mode, is_gold, by_program)
    for mode, is_gold, by_program in itertools.product(MODES, (False, True), (False, True))
    if mode == Battle.Mode.BLIND or not is_gold
]


def selected(sql: str) -> set[object]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return {row[0] for row in cursor.fetchall()}


def voted(battle: Battle, voter: Voter, outcome: str = "a") -> Vote:
    vote = Vote.objects.create(battle=battle, voter=voter, outcome=outcome, cast_at=timezone.now())
    Battle.objects.filter(pk=battle.pk).update(state="voted")
    return vote


@pytest.mark.parametrize(("mode", "is_gold", "by_program"), SORTS)
def test_only_votes_in_rankable_battles_may_count(
    contestant: Registered, voter: Voter, mode: str, is_gold: bool, by_program: bool
) -> None:
    a, b = contestant("a"), contestant("b")
    pair = (a, a) if is_gold else (a, b)
    gold = GoldBattle(kind="same") if is_gold else None
    battle = make_battle(
        *pair,
        voter=voter,
        state="open",
        mode=mode,
        by_program=by_program,
        gold=gold,
    )
    expected = (mode, is_gold, by_program) == (Battle.Mode.BLIND, False, False)
    assert battle.is_rankable == expected
    assert Battle.objects.rankable().exists() == expected
    assert Battle.objects.filter(turns__isnull=False).filter(rankable()).exists() == expected
    table = Battle._meta.db_table
    rows = selected(f"SELECT id FROM {table} AS battle WHERE {rankable_sql()}")
    assert bool(rows) == expected
    is_exported = mode == Battle.Mode.BLIND and not is_gold
    assert Battle.objects.filter(exported()).exists() == is_exported
    rows = selected(f"SELECT id FROM {table} AS battle WHERE {exported_sql()}")
    assert bool(rows) == is_exported

    vote = voted(battle, voter)
    if expected:
        VoteStanding.objects.create(vote=vote, standing=COUNTED, reason="so")
        return
    with pytest.raises(DatabaseError, match="never counts"), transaction.atomic():
        VoteStanding.objects.create(vote=vote, standing=COUNTED, reason="so")
    VoteStanding.objects.create(vote=vote, standing=EXCLUDED, reason="so")


def test_the_newest_standing_is_in_force(contestant: Registered, voter: Voter) -> None:
    a, b = contestant("a"), contestant("b")
    votes = []
    for standings in ([COUNTED], [COUNTED, HELD], [COUNTED, HELD, COUNTED], [EXCLUDED]):
        votes.append(voted(make_battle(a, b, voter=voter, state="open"), voter))
        for standing in standings:
            VoteStanding.objects.create(vote=votes[-1], standing=standing, reason="so")
    expected = {
        vote.pk: now for vote, now in zip(votes, [COUNTED, HELD, COUNTED, EXCLUDED], strict=True)
    }

    assert {vote.pk: vote.standing for vote in Vote.objects.with_standing()} == expected
    counted = {pk for pk, standing in expected.items() if standing == COUNTED}
    assert set(Vote.objects.counted().values_list("pk", flat=True)) == counted
    newest = VoteStanding.objects.all().newest()
    assert dict(newest.values_list("vote", "standing")) == expected
    in_force = VoteStanding.objects.filter(standing=COUNTED).in_force()
    assert set(in_force.values_list("vote", flat=True)) == counted
    sql = f"SELECT id FROM battles_vote AS vote WHERE ({newest_standing_sql()}) = 'counted'"
    assert selected(sql) == counted


def test_turns_that_were_excluded_are_no_part_of_the_conversation(
    contestant: Registered, voter: Voter
) -> None:
    a, b = contestant("a"), contestant("b")
    battle = make_battle(a, b, voter=voter, state="open", prompts=("Why?", "Really?"))
    dropped = battle.turns.get(number=2)
    battle.turns.filter(number=2).update(excluded_reason="no_answer")
    turns = set(battle.turns.kept().values_list("pk", flat=True))
    assert turns == set(battle.turns.exclude(pk=dropped.pk).values_list("pk", flat=True))
    assert selected(f"SELECT id FROM battles_turn AS turn WHERE {kept_sql()}") == turns
    voted(battle, voter)
    assert Vote.objects.get().turns == 1


def test_guests_joined_to_a_voter_are_the_same_person(contestant: Registered, voter: Voter) -> None:
    guest, stranger = Voter.objects.create(merged_into=voter), Voter.objects.create()
    a, b = contestant("a"), contestant("b")
    of = {one: make_battle(a, b, voter=one, state="open").pk for one in (voter, guest, stranger)}
    person = set(Battle.objects.of_person(voter.pk).values_list("pk", flat=True))
    assert person == {of[voter], of[guest]}
    assert set(accounts_of(voter.pk)) == {voter, guest}
    sql = f"SELECT id FROM voters_voter AS voter WHERE {person_sql()} = '{voter.pk}'"
    assert selected(sql) == {voter.pk, guest.pk}
