"""Go on with a battle: ask again, regenerate the answers, stop them."""

import uuid

from django.conf import settings
from django.db import transaction
from django.utils import timezone
from redis import RedisError

from arena.battles.access import BattleUnknown, locked_battle, newest_turn
from arena.battles.asking import (
    add_turn,
    check_running,
    checked_prompt,
    read_prompt,
    request_answers,
    running_battles,
)
from arena.battles.generation.results import fail_turn, finish, style_fields
from arena.battles.gold import draw
from arena.battles.live.display import Arrived, shown_by_now
from arena.battles.live.streams import read_streams
from arena.battles.models import Answer, Battle, Turn
from arena.battles.prompts import leaks
from arena.battles.repeats.request_key import RequestKey
from arena.voters.models import Voter


class TurnRefused(Exception):
    """The conversation cannot go on, or be stopped, as asked; the message says why."""


@transaction.atomic
def continue_battle(
    voter_id: uuid.UUID, battle_id: uuid.UUID, prompt: str, *, key: RequestKey | None = None
) -> Battle:
    """Ask both contestants of an open battle a further prompt, in the same conversation.

    Args:
        key: of the request that asks for it.

    Raises:
        PromptRefused: the prompt cannot be answered as it is.
        BattleUnknown: there is no such battle for this voter.
        TurnRefused: the battle is not open, or the conversation is as long as one may be.
        TooManyBattles: the voter has too many battles running.
    """
    prompt = checked_prompt(prompt)
    known = Battle.objects.select_related("voter").of_person(voter_id).filter(pk=battle_id).first()
    if known is None:
        raise BattleUnknown("There is no such battle.")
    read = read_prompt(prompt, known.voter, is_blind=known.is_blind, is_first=False)
    battle = _resumed(voter_id, battle_id)
    texts = Turn.objects.kept().filter(battle=battle).values_list("prompt", "answers__text")
    held = sum(len(asked) + len(answer) for asked, answer in texts) // len(battle.sides)
    if held + len(prompt) > settings.ARENA.max_conversation_chars:
        raise TurnRefused("The conversation is as long as it may be: begin a new one.")
    add_turn(battle, read, number=battle.turns.count() + 1)
    if key:
        key.row(battle).save()
    return battle


@transaction.atomic
def regenerate(
    voter_id: uuid.UUID, battle_id: uuid.UUID, *, key: RequestKey | None = None
) -> Battle:
    """Have both contestants answer the newest prompt of an open battle again.

    The earlier answers are kept, but are no longer part of the conversation, unless no new ones
    arrive.

    Args:
        key: of the request that asks for it.

    Raises:
        BattleUnknown: there is no such battle for this voter.
        TurnRefused: the battle is not open, or its prompts were answered as often as they may be.
        TooManyBattles: the voter has too many battles running.
    """
    battle = _resumed(voter_id, battle_id)
    newest = battle.turns.kept().select_related("image").latest("number")
    Turn.objects.filter(pk=newest.pk).update(excluded_reason=Turn.ExcludedReason.REPLACED)
    turn = Turn.objects.create(
        battle=battle,
        number=battle.turns.count() + 1,
        prompt=newest.prompt,
        language=newest.language,
        topics=newest.topics,
        repeats_id=newest.repeats_id,
    )
    if image := getattr(newest, "image", None):
        image.pk, image.turn = uuid.uuid4(), turn
        image.save(force_insert=True)
    request_answers(turn)
    if key:
        key.row(battle).save()
    return battle


def _resumed(voter_id: uuid.UUID, battle_id: uuid.UUID) -> Battle:
    """An open battle of a voter, locked, whose answers are written from now on."""
    voter = Voter.objects.select_for_update(of=("self",)).filter(battles=battle_id).first()
    if voter is None:
        raise BattleUnknown("There is no such battle.")
    battle = locked_battle(voter_id, battle_id)
    if battle.public_state != Battle.State.OPEN:
        raise TurnRefused(
            "A conversation goes on while both answers are complete and not voted on."
        )
    if battle.turns.count() >= settings.ARENA.max_turns:
        raise TurnRefused(
            f"A conversation has at most {settings.ARENA.max_turns} prompts: begin a new one."
        )
    check_running(Voter.objects.filter(pk=voter.pk).values_list(running_battles(), flat=True).get())
    battle.state = Battle.State.GENERATING
    battle.finished_at = battle.shown_at = None
    battle.save(update_fields=["state", "finished_at", "shown_at"])
    return battle


def stop_battle(voter_id: uuid.UUID, battle_id: uuid.UUID) -> Battle:
    """End both answers of a running battle where they are shown now, and open it to the vote.

    Both end at the same position: what was shown is what is voted on. If both are whole already,
    the rest of them is shown at once. If nothing is shown of one of them yet, both are given up.

    Raises:
        BattleUnknown: there is no such battle for this voter.
        TurnRefused: there is nothing to stop, or Redis is away, and with it what is shown.
    """
    found = Battle.objects.of_person(voter_id).filter(pk=battle_id).first()
    if found is None:
        raise BattleUnknown("There is no such battle.")
    turn = newest_turn(found)
    try:  # here: Redis must not hold up a locked battle
        so_far = Arrived(*read_streams(battle_id, turn.number))
    except RedisError as error:
        raise TurnRefused("The answers cannot be stopped at the moment.") from error
    shown = shown_by_now(so_far, paced=found.is_blind)
    shown = {side: shown[side] for side in found.sides}
    found_leaks = {side: leaks.leak_in(text) for side, text in shown.items()}
    with transaction.atomic():
        battle = locked_battle(voter_id, battle_id)
        if battle.public_state != Battle.State.GENERATING or turn != newest_turn(battle):
            raise TurnRefused("Both answers have ended already.")
        if battle.state == Battle.State.OPEN:
            battle.shown_at = timezone.now()
            battle.save(update_fields=["shown_at"])
            return battle
        if not all(text.strip() for text in shown.values()):
            fail_turn(battle, turn, Battle.Failure.STOPPED)
            return battle
        changed = draw.changes_shown(battle, so_far.entries, shown)
        for side, text in shown.items():
            Answer.objects.filter(turn=turn, side=side).update(
                state=Answer.State.COMPLETE,
                lease_until=None,
                text=text,
                finish_reason="stopped",
                changed=changed[side],
                **style_fields(text),
            )
            if battle.is_blind and (leak := found_leaks[side]):
                leaks.note_leak(battle, side, leak)
        finish(battle, Battle.State.OPEN, seconds_to_show=0)
        return battle
