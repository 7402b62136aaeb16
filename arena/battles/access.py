"""Find a voter's battle, and lock it."""

import uuid

from django.db import connection

from arena.battles.models import Battle, Turn
from arena.voters.models import Voter


class BattleUnknown(Exception):
    """There is no such battle for this voter."""


def locked_battle(voter_id: uuid.UUID, battle_id: uuid.UUID) -> Battle:
    battle = (
        Battle.objects.select_for_update(of=("self",))
        .select_related("voter", "contestant_a", "contestant_b")
        .of_person(voter_id)
        .filter(pk=battle_id)
        .first()
    )
    if battle is None:
        raise BattleUnknown("There is no such battle.")
    return battle


def locked_cluster_of(battle_id: uuid.UUID) -> int | None:
    """The cluster of a battle's voter, which nobody changes before this transaction ends.

    Call it before the battle is locked, as all do who lock both. None: there is no such battle.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT cluster FROM {Voter._meta.db_table} WHERE id = ("  # noqa: S608
            f"SELECT voter_id FROM {Battle._meta.db_table} WHERE id = %s) FOR KEY SHARE",
            [battle_id],
        )
        row = cursor.fetchone()
    return row[0] if row else None


def newest_turn(battle: Battle) -> Turn:
    return battle.turns.kept().latest("number")
