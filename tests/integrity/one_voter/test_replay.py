"""All that the checks keep follows from the record; what was altered is found."""

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from arena.battles.models import Vote, VoteStanding
from arena.battles.voting.standing import change_standing
from arena.contestants.models import Contestant
from arena.integrity import replay, tasks
from arena.integrity.board import forget_board
from arena.integrity.models import VoterEvidence, WeighedVote
from arena.integrity.weighing import weigh_and_hold
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter
from tests.factories import Registered
from tests.integrity.conftest import Cast

pytestmark = pytest.mark.django_db


def vote_for(better: int, a: int, b: int) -> Outcome:
    return Outcome.A if a == better else Outcome.B


@pytest.fixture
def weighed(pool: list[Contestant], voter: Voter, cast: Cast, contestant: Registered) -> Voter:
    """A voter whose votes came in pieces, some before and some after a newcomer, some held."""
    for number in range(12):
        a, b = number % 5, (number + 2) % 5
        cast(voter, pool[a], pool[b], Outcome.TIE if number == 6 else vote_for(min(a, b), a, b))
        if number % 5 == 4:
            weigh_and_hold(voter.pk)
        if number == 7:
            pool.append(contestant("newcomer"))
            forget_board()
    cast(voter, pool[5], pool[0], Outcome.A)
    first = Vote.objects.filter(voter=voter).earliest("pk")
    change_standing(first, VoteStanding.Standing.HELD, reason="a test")
    weigh_and_hold(voter.pk)
    cast(voter, pool[1], pool[2], Outcome.TIE)  # still to be weighed
    return voter


def test_the_record_gives_exactly_what_was_kept(weighed: Voter) -> None:
    assert replay.replay(weighed.pk) == []
    kept = VoterEvidence.objects.get(voter=weighed)
    steps = WeighedVote.objects.filter(voter=weighed).order_by("number")
    again = replay.replay_steps(list(steps))
    assert kept.offset < 0
    assert again.evidence.offset == kept.offset
    assert again.log_e.tolist() == [step.log_e for step in steps]
    assert again.evidence.preference.packed() == bytes(kept.preference)


ALTERED = {
    "UPDATE integrity_voterevidence SET peak_log_e = 1": "peak_log_e",
    "UPDATE integrity_voterevidence SET log_e = log_e - 1": "log_e",
    'UPDATE integrity_voterevidence SET "offset" = "offset" - 1': "offset",
    "UPDATE integrity_voterevidence SET preference = set_byte(preference, 7, 64)": "preference",
    "UPDATE integrity_voterevidence SET ledger = substr(ledger, 25)": "the ledger",
    "DELETE FROM integrity_votercountdelta WHERE NOT unweighed": "the ledger",
    "UPDATE integrity_weighedvote SET difference = 3 WHERE number = 2": "log_e after vote",
    "UPDATE integrity_weighedvote SET log_e = log_e - 1 WHERE number = 3": "log_e after vote",
    "DELETE FROM integrity_weighedvote WHERE number = 4": "the number of steps",
    "DELETE FROM integrity_votercountdelta WHERE unweighed": "not weighed",
    "DELETE FROM integrity_voterevidence": "the evidence",
}


def test_replay_finds_altered_values(weighed: Voter) -> None:
    for statement, found in ALTERED.items():
        with transaction.atomic():
            alter(statement)
            lines = [str(difference) for difference in replay.replay(weighed.pk)]
            assert any(found in line for line in lines), statement
            transaction.set_rollback(True)
    assert replay.replay(weighed.pk) == []


def alter(statement: str) -> None:
    """As someone with the database's password would."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET LOCAL session_replication_role = replica")
        cursor.execute(statement)
        assert cursor.rowcount
        cursor.execute("SET LOCAL session_replication_role = DEFAULT")


def test_the_command_and_the_task_tell_of_every_voter(
    weighed: Voter, pool: list[Contestant], cast: Cast, caplog: Any
) -> None:
    other = Voter.objects.create()
    cast(other, pool[0], pool[1], Outcome.A)
    printed = StringIO()
    call_command("replay_evidence", stdout=printed)
    assert printed.getvalue() == "The evidence of 2 voters follows from the record.\n"
    tasks.replay_part(weighed.pk.bytes[0])
    assert not caplog.records
    VoterEvidence.objects.filter(voter=weighed).update(log_e=9)
    with pytest.raises(CommandError, match="1 differences in the evidence of 2"):
        call_command("replay_evidence", stdout=printed)
    assert f"voter {weighed.pk}: log_e is 9.0" in printed.getvalue()
    tasks.replay_part(weighed.pk.bytes[0])
    assert f"voter {weighed.pk}: log_e is 9.0" in caplog.text
