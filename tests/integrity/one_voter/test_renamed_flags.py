"""What sites stored under the first names of flags is kept under today's."""

from importlib import import_module

import pytest
from django.db import connection

from arena.integrity.flags import FLAGS
from arena.integrity.models import Signal, VoterEvidence
from arena.voters.models import Voter

MIGRATION = import_module("arena.integrity.migrations.0013_standard_names")


def test_every_old_name_of_a_flag_has_a_new_one() -> None:
    assert set(MIGRATION.FLAGS.values()) == set(FLAGS)


@pytest.mark.django_db
def test_signals_and_states_of_flags_keep_their_data_under_new_names(voter: Voter) -> None:
    flag = Signal.objects.create(
        kind="attention", detail={"habit": "unread", "measure": 0.97, "votes": 30}
    )
    rigged = Signal.objects.create(
        kind="preference", log_e=9.0, detail={"votes": 5, "checks_log_e": 0.25}
    )
    other = Signal.objects.create(kind="group", log_e=9.0, detail={"members": 3})
    states = {"unread": {"votes": 2.5, "odd": 1.5}, "regular": {"at": 3.0}, "sleepless": {}}
    VoterEvidence.objects.create(voter=voter, flags=states)
    bare = VoterEvidence.objects.create(voter=Voter.objects.create())
    with connection.cursor() as cursor:
        cursor.execute(MIGRATION.RENAME_FLAGS)
    for signal in (flag, rigged, other, bare):
        signal.refresh_from_db()
    assert flag.detail == {"flag": "too_fast", "measure": 0.97, "votes": 30}
    assert rigged.detail == {"votes": 5, "gold_log_e": 0.25}
    assert other.detail == {"members": 3}
    assert bare.flags == {}
    assert VoterEvidence.objects.get(voter=voter).flags == {
        "too_fast": {"votes": 2.5, "anomalous": 1.5},
        "periodic_timing": {"at": 3.0},
        "no_sleep_gap": {},
    }
