"""Find a voter's battle, and lock it."""

import uuid

from arena.battles.models import Battle, Turn


class BattleUnknown(Exception):
    """There is no such battle for this voter."""


def locked_battle(voter_id: uuid.UUID, battle_id: uuid.UUID) -> Battle:
    battle = (
        Battle.objects.select_for_update(of=("self",))
        .select_related("voter")
        .of_person(voter_id)
        .filter(pk=battle_id)
        .first()
    )
    if battle is None:
        raise BattleUnknown("There is no such battle.")
    return battle


def newest_turn(battle: Battle) -> Turn:
    return battle.turns.kept().latest("number")
