"""Writes of battles: opening one, writing its answers, voting."""

import logging
import uuid
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from typing import Any, TypedDict

from django.conf import settings
from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now
from django.utils import timezone
from redis import RedisError

from arena.battles import canaries, freshness, images, leaks, named_prompts
from arena.battles.boards import boards_of, topics_of
from arena.battles.conversations import publish
from arena.battles.images import NewImage
from arena.battles.matchmaking import check_drawable, draw_pair
from arena.battles.models import (
    ORIGIN_DAYS,
    Answer,
    AnswerEnding,
    Attention,
    Battle,
    Image,
    Origin,
    Side,
    Turn,
    Vote,
    VoteStanding,
    VoteWeight,
)
from arena.battles.release import Arrived, arrived, seconds_until_shown, shown_by_now
from arena.battles.selectors import of_voter
from arena.battles.signals import check_answered, vote_counted, vote_recounted
from arena.battles.text.classification import Categories, classify
from arena.battles.text.identity import Finding
from arena.battles.text.style import measure
from arena.battles.text.visible import is_visible
from arena.battles.tokens import read_streams
from arena.battles.weights import style_of, tenths_of, turns_of
from arena.common.plain_text import is_plain
from arena.contestants.calls import OpenCall, begin_call
from arena.contestants.models import Contestant
from arena.contestants.provider import Finished, Message
from arena.contestants.selectors import drawable_contestants
from arena.voters.models import Member, Voter
from arena.voters.network import pseudonyms
from arena.voters.selectors import locked_cluster
from ratings.models import Outcome
from ratings.services import boards_named, count
from ratings.tasks import request_refit

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3  # how many workers may die over one answer
LEASE = timedelta(seconds=12)  # a worker that shows no sign of life for this long is dead
ARRIVED = "Counted on arrival."  # the reason of a vote's first standing
REQUEUE_AFTER = LEASE  # an answer that no worker took is enqueued again

# An answer that a battle waits for: not one of a turn that was dropped meanwhile.
AWAITED = Q(turn__battle__state=Battle.State.GENERATING, turn__dropped="")


class PromptRefused(Exception):
    """The prompt cannot be answered as it is; the message says why."""


class TooManyBattles(Exception):
    """The voter already has as many battles running as one voter may."""


class ContestantsRefused(Exception):
    """The chosen contestants cannot be asked so; the message says why."""


class BattleUnknown(Exception):
    """There is no such battle for this voter."""


class VoteRefused(Exception):
    """The battle does not take this vote; the message says why."""


class TurnRefused(Exception):
    """The conversation cannot go on, or be stopped, as asked; the message says why."""


def checked_prompt(prompt: str) -> str:
    """The prompt, if it can be stored and sent as it is.

    Raises:
        PromptRefused: nothing of it is visible, it is too long, or holds characters that are not
            text.
    """
    if not is_visible(prompt):
        raise PromptRefused("Type a prompt first.")
    if len(prompt) > settings.ARENA_MAX_PROMPT_CHARS:
        raise PromptRefused(
            f"The prompt has {len(prompt):,} characters; "
            f"at most {settings.ARENA_MAX_PROMPT_CHARS:,} are possible."
        )
    if not is_plain(prompt):
        raise PromptRefused("The prompt holds characters that are not text.")
    return prompt


def check_takes_images(chosen: Sequence[str] = ()) -> None:
    """Refuse a prompt with an image that nobody could be asked about, before it is decoded.

    Args:
        chosen: slugs of the contestants to ask; none: two are to be drawn.

    Raises:
        ContestantsRefused: one of the chosen ones takes no images, or cannot be asked now.
        arena.battles.matchmaking.NoContestants: fewer than two contestants take images.
    """
    if chosen:
        _drawable_by_slug(chosen, taking_images=True)
    else:
        check_drawable(taking_images=True)


@transaction.atomic
def open_battle(
    voter: Voter,
    prompt: str,
    *,
    image: NewImage | None = None,
    may_publish: bool | None = None,
    by_program: bool = False,
) -> Battle:
    """Open a battle of two contestants drawn at random and have both answers written.

    Args:
        image: is asked about; only contestants that take images are drawn.
        may_publish: whether everybody may read the conversation after the vote, which is remembered
            for the voter's next battles; None: as chosen last, at first not.
        by_program: a program opens it for the voter; it is no check, and its vote counts nowhere.

    Raises:
        PromptRefused: the prompt cannot be answered as it is.
        TooManyBattles: the voter has too many battles running.
        arena.battles.matchmaking.NoContestants: fewer than two contestants can be drawn.
    """
    read = _read(checked_prompt(prompt), voter, is_blind=True, is_first=True)
    voter = _locked_idle(voter)
    if may_publish is not None and may_publish != voter.publishes:
        voter.publishes = may_publish
        voter.save(update_fields=["publishes"])
    side_a, side_b = draw_pair(taking_images=image is not None)
    check = None if by_program else canaries.drawn_if_due(voter, (side_a, side_b))
    if check:
        side_a = side_b = check.contestant
    battle = Battle.objects.create(
        voter=voter,
        contestant_a_id=side_a,
        contestant_b_id=side_b,
        is_check=check is not None,
        by_program=by_program,
        may_publish=voter.publishes,
    )
    if check:
        canaries.make_canary(battle, check)
    _ask(battle, read, number=1, image=image)
    return battle


@transaction.atomic
def open_named(
    voter: Voter,
    prompt: str,
    chosen: Sequence[str],
    *,
    image: NewImage | None = None,
    by_program: bool = False,
) -> Battle:
    """Have contestants of the voter's choice answer, by slug: one alone, or A and B side by side.

    The voter sees the names, nobody else reads it, and no vote in it counts on any board.

    Raises:
        PromptRefused, TooManyBattles: as `open_battle`.
        ContestantsRefused: two are one and the same, or one of them cannot be asked now.
    """
    read = _read(checked_prompt(prompt), voter, is_blind=False, is_first=True)
    if len(set(chosen)) < len(chosen):
        raise ContestantsRefused("Choose two different models.")
    found = _drawable_by_slug(chosen, taking_images=image is not None)
    battle = Battle.objects.create(
        voter=_locked_idle(voter),
        contestant_a=found[chosen[0]],
        contestant_b=found[chosen[-1]],
        mode=Battle.Mode.DIRECT if len(chosen) == 1 else Battle.Mode.SIDE_BY_SIDE,
        by_program=by_program,
    )
    _ask(battle, read, number=1, image=image)
    return battle


def _drawable_by_slug(chosen: Sequence[str], *, taking_images: bool) -> dict[str, Contestant]:
    found = {each.slug: each for each in drawable_contestants().filter(slug__in=chosen)}
    for slug in chosen:
        if slug not in found:
            raise ContestantsRefused(f"{slug} is not available at the moment.")
        if taking_images and not found[slug].takes_images:
            raise ContestantsRefused(f"{found[slug]} takes no images.")
    return found


def _locked_idle(voter: Voter) -> Voter:
    """The voter, locked, so that two requests at once count one by one.

    Raises:
        TooManyBattles: there are as many battles running as one voter may have.
    """
    voter = Voter.objects.select_for_update().get(pk=voter.pk)
    _check_running(voter)
    return voter


def _check_running(voter: Voter) -> None:
    """Count the running battles of a voter, who is locked.

    Raises:
        TooManyBattles: there are as many as one voter may have.
    """
    unfinished = Q(state=Battle.State.GENERATING) | Q(
        state=Battle.State.OPEN, shown_at__gt=timezone.now()
    )
    running = Battle.objects.filter(unfinished, voter=voter).count()
    if running >= settings.ARENA_RUNNING_BATTLES_PER_VOTER:
        raise TooManyBattles(f"{running} of your battles are still running: let one finish first.")


@dataclass(frozen=True, slots=True)
class _ReadPrompt:
    """What the arena makes of a prompt."""

    text: str
    categories: Categories
    compared: freshness.Comparison | None
    probe: Finding | None
    named: named_prompts.Keys | None


def _read(prompt: str, voter: Voter, *, is_blind: bool, is_first: bool) -> _ReadPrompt:
    """Analyse a prompt. This takes a while: call it before anything is locked."""
    compared = None
    # What was said to models of one's choice says nothing of what is fresh on the boards.
    if is_blind and (is_first or len(prompt) >= freshness.STOCK_CHARS):
        compared = freshness.compare(prompt, voter)
    probe = leaks.probe_in(prompt) if is_blind else None
    named = None if is_blind else named_prompts.keys_of(prompt)
    return _ReadPrompt(prompt, classify(prompt), compared, probe, named)


def _ask(battle: Battle, read: _ReadPrompt, *, number: int, image: NewImage | None = None) -> None:
    """Add a prompt to a battle and have both contestants answer it."""
    turn = Turn.objects.create(
        battle=battle,
        number=number,
        prompt=read.text,
        language=read.categories.language,
        topics=topics_of(read.categories),
        repeats=read.compared.repeats if read.compared else None,
    )
    if read.probe:
        leaks.note_probe(turn, read.probe)
    if read.compared:
        freshness.remember(turn, read.compared)
    if read.named:
        named_prompts.note(turn, battle.voter_id, read.named)
    if image:
        images.keep(turn, image)
    _have_answered(turn)


def _have_answered(turn: Turn) -> None:
    answers = Answer.objects.bulk_create(
        [Answer(turn=turn, side=side, queued_at=timezone.now()) for side in turn.battle.sides]
    )
    _enqueue_on_commit([answer.pk for answer in answers])


@transaction.atomic
def continue_battle(voter_id: uuid.UUID, battle_id: uuid.UUID, prompt: str) -> Battle:
    """Ask both contestants of an open battle a further prompt, in the same conversation.

    Raises:
        PromptRefused: the prompt cannot be answered as it is.
        BattleUnknown: there is no such battle for this voter.
        TurnRefused: the battle is not open, or the conversation is as long as one may be.
        TooManyBattles: the voter has too many battles running.
    """
    prompt = checked_prompt(prompt)
    known = Battle.objects.select_related("voter").filter(of_voter(voter_id), pk=battle_id).first()
    if known is None:
        raise BattleUnknown("There is no such battle.")
    read = _read(prompt, known.voter, is_blind=known.is_blind, is_first=False)
    battle = _resumed(voter_id, battle_id)
    texts = Turn.objects.filter(battle=battle, dropped="").values_list("prompt", "answers__text")
    held = sum(len(asked) + len(answer) for asked, answer in texts) // len(battle.sides)
    if held + len(prompt) > settings.ARENA_MAX_CONVERSATION_CHARS:
        raise TurnRefused("The conversation is as long as it may be: begin a new one.")
    _ask(battle, read, number=battle.turns.count() + 1)
    return battle


@transaction.atomic
def regenerate(voter_id: uuid.UUID, battle_id: uuid.UUID) -> Battle:
    """Have both contestants answer the newest prompt of an open battle anew.

    What they had answered stays on record, but is no part of the conversation any more, unless
    there are no new answers in the end.

    Raises:
        BattleUnknown: there is no such battle for this voter.
        TurnRefused: the battle is not open, or its prompts were answered as often as they may be.
        TooManyBattles: the voter has too many battles running.
    """
    battle = _resumed(voter_id, battle_id)
    newest = battle.turns.filter(dropped="").select_related("image").latest("number")
    Turn.objects.filter(pk=newest.pk).update(dropped=Turn.Dropped.REPLACED)
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
    _have_answered(turn)
    return battle


def _resumed(voter_id: uuid.UUID, battle_id: uuid.UUID) -> Battle:
    """An open battle of a voter, locked, whose answers are written from now on."""
    voter = Voter.objects.select_for_update(of=("self",)).filter(battles=battle_id).first()
    if voter is None:
        raise BattleUnknown("There is no such battle.")
    battle = _locked_battle(voter_id, battle_id)
    if battle.told_state != Battle.State.OPEN:
        raise TurnRefused(
            "A conversation goes on while both answers are complete and not voted on."
        )
    if battle.turns.count() >= settings.ARENA_MAX_TURNS:
        raise TurnRefused(
            f"A conversation has at most {settings.ARENA_MAX_TURNS} prompts: begin a new one."
        )
    _check_running(voter)
    battle.state = Battle.State.GENERATING
    battle.finished_at = battle.shown_at = None
    battle.save(update_fields=["state", "finished_at", "shown_at"])
    return battle


def _locked_battle(voter_id: uuid.UUID, battle_id: uuid.UUID) -> Battle:
    battle = (
        Battle.objects.select_for_update(of=("self",))
        .select_related("voter")
        .filter(of_voter(voter_id), pk=battle_id)
        .first()
    )
    if battle is None:
        raise BattleUnknown("There is no such battle.")
    return battle


def stop_battle(voter_id: uuid.UUID, battle_id: uuid.UUID) -> Battle:
    """End both answers of a running battle where they are shown now, and open it to the vote.

    Both end at the same position: what was shown is what is voted on. If both are whole already,
    the rest of them is shown at once. If nothing is shown of one of them yet, both are given up.

    Raises:
        BattleUnknown: there is no such battle for this voter.
        TurnRefused: there is nothing to stop, or Redis is away, and with it what is shown.
    """
    found = Battle.objects.filter(of_voter(voter_id), pk=battle_id).first()
    if found is None:
        raise BattleUnknown("There is no such battle.")
    turn = _newest_turn(found)
    try:  # here: Redis must not hold up a locked battle
        so_far = Arrived(*read_streams(battle_id, turn.number))
    except RedisError as error:
        raise TurnRefused("The answers cannot be stopped at the moment.") from error
    shown = shown_by_now(so_far, paced=found.is_blind)
    shown = {side: shown[side] for side in found.sides}
    found_leaks = {side: leaks.leak_in(text) for side, text in shown.items()}
    with transaction.atomic():
        battle = _locked_battle(voter_id, battle_id)
        if battle.told_state != Battle.State.GENERATING or turn != _newest_turn(battle):
            raise TurnRefused("Both answers have ended already.")
        if battle.state == Battle.State.OPEN:
            battle.shown_at = timezone.now()
            battle.save(update_fields=["shown_at"])
            return battle
        if not all(text.strip() for text in shown.values()):
            _give_up(battle, turn, Battle.Failure.STOPPED)
            return battle
        changed = canaries.changes_shown(battle, so_far.entries, shown)
        for side, text in shown.items():
            Answer.objects.filter(turn=turn, side=side).update(
                state=Answer.State.COMPLETE,
                lease_until=None,
                text=text,
                finish_reason="stopped",
                changed=changed[side],
                **_style_fields(text),
            )
            if battle.is_blind and (leak := found_leaks[side]):
                leaks.note_leak(battle, side, leak)
        _finish(battle, Battle.State.OPEN, seconds_to_show=0)
        return battle


def _newest_turn(battle: Battle) -> Turn:
    return battle.turns.filter(dropped="").latest("number")


def _style_fields(text: str) -> dict[str, int]:
    return {f"style_{name}": number for name, number in measure(text)._asdict().items()}


def note_origin(battle: Battle, *, network: str | None, device: str | None) -> None:
    """Note from where a battle was opened, and with what, if that can be told under today's key.

    Args:
        network: of `arena.voters.network.network_of`.
        device: of `arena.voters.device.device_of`.
    """
    told = {"network": network, "device": device}
    known = {field: thing for field, thing in told.items() if thing is not None}
    if not known:
        return
    try:
        names = pseudonyms(*known.values())
    except RedisError:
        logger.warning("Redis is away: the origin of battle %s is not noted.", battle.pk)
        return
    Origin.objects.create(battle=battle, **dict(zip(known, names, strict=True)))


def forget_origins() -> None:
    """Remove from where battles were opened: after `ORIGIN_DAYS` days, of erased ones after one.

    Not at once, or sybils who erase each account after its vote would share nothing.
    """
    now = timezone.now()
    Origin.objects.filter(created_at__lt=now - timedelta(days=ORIGIN_DAYS)).delete()
    a_day_old = Origin.objects.filter(created_at__lt=now - timedelta(days=1))
    a_day_old.filter(battle__erased_at__isnull=False).delete()


def _enqueue_on_commit(answer_ids: list[int]) -> None:
    from arena.battles.tasks import generate_answer  # noqa: PLC0415 - tasks call services

    def enqueue() -> None:
        for answer_id in answer_ids:
            try:
                generate_answer.delay(answer_id)
            except generate_answer.OperationalError:
                logger.warning("The broker is down; beat enqueues answer %d again.", answer_id)
                # At once: there is no worker that it could be waiting for.
                Answer.objects.filter(pk=answer_id, state=Answer.State.PENDING).update(
                    queued_at=F("queued_at") - REQUEUE_AFTER
                )

    transaction.on_commit(enqueue)


@dataclass(frozen=True, slots=True)
class Claim:
    """One worker's right to write one answer, until its lease runs out."""

    answer_id: int
    battle_id: uuid.UUID
    turn: int
    side: str
    attempt: int
    call: OpenCall
    messages: list[Message]
    changer: canaries.Changer | None


def claim_answer(answer_id: int) -> Claim | None:
    """Claim an answer that nobody writes; None if it is done, given up or being written."""
    free = Q(state=Answer.State.PENDING) | Q(state=Answer.State.STREAMING, lease_until__lt=Now())
    answer = (
        Answer.objects.select_related("turn__battle", "turn__image")
        .filter(free, AWAITED, pk=answer_id, attempt__lt=MAX_ATTEMPTS)
        .first()
    )
    if answer is None:
        return None
    attempt = answer.attempt + 1
    # Of two workers that came this far only one finds the attempt that it read. No join here:
    # PostgreSQL does not look at its rows again after waiting for the other worker.
    claimed = Answer.objects.filter(free, pk=answer.pk, attempt=answer.attempt).update(
        state=Answer.State.STREAMING, attempt=attempt, lease_until=Now() + LEASE
    )
    if not claimed:
        return None
    battle = answer.turn.battle
    messages = _conversation(answer)
    call = begin_call(
        battle.contestant_a_id if answer.side == Side.A else battle.contestant_b_id, messages
    )
    if call is None:
        fail_answer(answer.pk, attempt, "no_endpoint", "No endpoint is up and affordable.")
        return None
    Answer.objects.filter(pk=answer.pk, attempt=attempt).update(endpoint=call.endpoint)
    return Claim(
        answer_id=answer.pk,
        battle_id=battle.pk,
        turn=answer.turn.number,
        side=answer.side,
        attempt=attempt,
        call=call,
        messages=messages,
        changer=canaries.changer_of(answer),
    )


def _conversation(answer: Answer) -> list[Message]:
    """What was said on the answer's side before it, and the prompt that it answers."""
    messages: list[Message] = []
    turn = answer.turn
    if turn.number > 1:
        before = Answer.objects.filter(
            turn__battle=turn.battle_id,
            turn__number__lt=turn.number,
            turn__dropped="",
            side=answer.side,
        ).order_by("turn__number")
        asked = before.values_list("turn__prompt", "turn__image__name", "text")
        for prompt, image, text in asked:
            messages.append(_prompted(prompt, image))
            messages.append({"role": "assistant", "content": text})
    own: Image | None = getattr(turn, "image", None)
    messages.append(_prompted(turn.prompt, own.name if own else None))
    return messages


def _prompted(prompt: str, image: str | None) -> Message:
    """A prompt with its image, by the name that it has in the storage."""
    if image is None:
        return {"role": "user", "content": prompt}
    return {
        "role": "user",
        "content": [
            {"type": "text", "text": prompt},
            {"type": "image_url", "image_url": {"url": images.data_url(image)}},
        ],
    }


@transaction.atomic
def extend_leases(held: Mapping[int, int]) -> set[int]:
    """Extend the leases of answers (id → attempt); returns those that are still held.

    An answer is not held any more when its battle failed or another worker took it over. One that
    was given back to the queue, as if its worker were dead, is held again if none took it yet.
    """
    wanted = Answer.objects.filter(
        AWAITED, pk__in=held, state__in=[Answer.State.PENDING, Answer.State.STREAMING]
    )
    rows = wanted.order_by("pk").select_for_update(of=("self",)).values_list("pk", "attempt")
    alive = {pk for pk, attempt in rows if held[pk] == attempt}
    Answer.objects.filter(pk__in=alive).update(
        state=Answer.State.STREAMING, lease_until=Now() + LEASE
    )
    return alive


def complete_answer(claim: Claim, text: str, finished: Finished) -> bool:
    """Keep a whole answer; the battle opens to a vote when both are kept.

    Returns False, and changes nothing, if the claim has been lost.
    """
    # Found and read here: neither the detector nor Redis must hold up a locked battle.
    leak = leaks.leak_in(text)
    so_far = arrived(claim.battle_id, claim.turn)
    return _settle(
        claim.answer_id,
        claim.attempt,
        so_far=so_far,
        leak=(claim.side, leak) if leak else None,
        changed=canaries.change_in(claim.changer),
        text=text,
        **_style_fields(text),
        finish_reason=finished.reason[:40],
        ending=finished.ending,
        removed=finished.removed,
        prompt_tokens=finished.prompt_tokens,
        completion_tokens=finished.completion_tokens,
        first_token_seconds=finished.first_token_seconds,
        seconds=finished.seconds,
    )


def fail_answer(answer_id: int, attempt: int, error: str, detail: str) -> bool:
    """Give an answer up, and with it the turn, or the battle if it is the first one.

    Returns False, and changes nothing, if that attempt is not the one in progress.
    """
    return _settle(answer_id, attempt, error=error[:40], error_detail=detail[:2000])


def cancel_answer(claim: Claim) -> None:
    """Give up an answer whose battle is over; one that another worker took over is left alone."""
    if Answer.objects.filter(AWAITED, pk=claim.answer_id).exists():
        return
    _cancel(
        Answer.objects.filter(
            pk=claim.answer_id, attempt=claim.attempt, state=Answer.State.STREAMING
        )
    )


def _cancel(answers: QuerySet[Answer]) -> None:
    answers.update(
        state=Answer.State.FAILED,
        lease_until=None,
        error="cancelled",
        error_detail="The battle is over.",
    )


@transaction.atomic
def _settle(
    answer_id: int,
    attempt: int,
    *,
    so_far: Arrived | None = None,
    leak: tuple[str, Finding] | None = None,
    **values: object,
) -> bool:
    """End an answer: complete, with what the streams hold `so_far`, or without them failed."""
    state = Answer.State.COMPLETE if so_far else Answer.State.FAILED
    battle = Battle.objects.select_for_update(of=("self",)).get(turns__answers=answer_id)
    settled = Answer.objects.filter(
        pk=answer_id,
        attempt=attempt,
        state__in=[Answer.State.PENDING, Answer.State.STREAMING],
    ).update(state=state, lease_until=None, **values)
    if not settled:
        return False
    turn = Turn.objects.get(answers=answer_id)
    if battle.state != Battle.State.GENERATING or turn.dropped:
        return True
    if so_far is None:
        _give_up(battle, turn, Battle.Failure.NO_ANSWER)
        return True
    if leak and battle.is_blind:
        leaks.note_leak(battle, *leak)
    texts = dict(
        Answer.objects.filter(turn=turn, state=Answer.State.COMPLETE).values_list("side", "text")
    )
    if len(texts) == len(battle.sides):
        seconds = seconds_until_shown(so_far, texts) if battle.is_blind else 0
        _finish(battle, Battle.State.OPEN, seconds_to_show=seconds)
    return True


def _give_up(battle: Battle, turn: Turn, failure: Battle.Failure) -> None:
    """Fail a battle whose first prompt got no answers. Later ones are dropped, and it is open to a
    vote on what came before: if a prompt was to be answered anew, on the answers that it had.
    """
    before = battle.turns.exclude(pk=turn.pk).filter(dropped__in=["", Turn.Dropped.REPLACED]).last()
    if before is None:
        _finish(battle, Battle.State.FAILED, failure)
        return
    reason = Turn.Dropped.NOT_RENEWED if before.dropped else Turn.Dropped(failure)
    Turn.objects.filter(pk=turn.pk).update(dropped=reason)
    Turn.objects.filter(pk=before.pk).update(dropped="")
    _finish(battle, Battle.State.OPEN, seconds_to_show=0)


def _finish(
    battle: Battle, state: Battle.State, failure: str = "", *, seconds_to_show: float | None = None
) -> None:
    battle.state = state
    battle.failure = failure
    battle.finished_at = timezone.now()
    if seconds_to_show is not None:
        battle.shown_at = battle.finished_at + timedelta(seconds=seconds_to_show)
    battle.save(update_fields=["state", "failure", "finished_at", "shown_at"])
    if battle.is_check:
        canaries.settle_truth(battle)


def recover_battles() -> None:
    """Take up answers whose worker died or that no worker was told of; give up hopeless ones."""
    now = timezone.now()
    dead = Q(state=Answer.State.STREAMING, lease_until__lt=Now())  # of the clock that leases use
    forgotten = Q(state=Answer.State.PENDING, queued_at__lt=now - REQUEUE_AFTER)
    left = Answer.objects.filter(dead | forgotten)
    # Else every later look would find them again. No join, so that one which ends now is seen.
    over = Turn.objects.filter(Q(battle__state=Battle.State.FAILED) | ~Q(dropped=""))
    _cancel(left.filter(turn__in=over))
    unfinished = left.filter(AWAITED).select_related("turn__battle")
    give_up_before = now - timedelta(seconds=2 * settings.ARENA_ANSWER_SECONDS)
    for answer in unfinished:
        if answer.attempt >= MAX_ATTEMPTS or answer.turn.created_at < give_up_before:
            _interrupt(answer)
        else:
            _take_up(answer)


@transaction.atomic
def _interrupt(answer: Answer) -> None:
    battle = Battle.objects.select_for_update().get(pk=answer.turn.battle_id)
    given_up = Answer.objects.filter(
        pk=answer.pk, attempt=answer.attempt, state=answer.state, lease_until=answer.lease_until
    ).update(state=Answer.State.FAILED, lease_until=None, error="interrupted")
    turn = Turn.objects.get(pk=answer.turn_id)  # as it is now, under the battle's lock
    if given_up and battle.state == Battle.State.GENERATING and not turn.dropped:
        _give_up(battle, turn, Battle.Failure.INTERRUPTED)


@transaction.atomic
def _take_up(answer: Answer) -> None:
    taken_up = Answer.objects.filter(
        pk=answer.pk, attempt=answer.attempt, state=answer.state, lease_until=answer.lease_until
    ).update(state=Answer.State.PENDING, lease_until=None, queued_at=timezone.now())
    if taken_up:
        _enqueue_on_commit([answer.pk])


class ReportedAttention(TypedDict):
    """What a voter's page says of how the answers were read; see `Attention`."""

    input: str
    visible_a_ms: int
    visible_b_ms: int
    end_seen_a: bool
    end_seen_b: bool
    hidden_ms: int
    decided_ms: int


def cast_vote(
    voter_id: uuid.UUID,
    battle_id: uuid.UUID,
    outcome: Outcome,
    reported: ReportedAttention | None = None,
    *,
    networks: Collection[str] = (),
) -> tuple[Battle, bool]:
    """Record the one vote of a battle and count it, unless the battle was not blind or the voter
    is suspended.

    Returns the battle and whether the vote is new.

    Casting the same vote again changes nothing and is no error. What the voter's page reported
    of how the answers were read is kept beside the vote, and is nothing that it depends on.

    Args:
        networks: names that the network which the vote comes from has had lately, of
            `arena.voters.network.recent_pseudonyms`.

    Raises:
        BattleUnknown: there is no such battle for this voter.
        VoteRefused: the battle is unfinished or failed, or was voted otherwise.
    """
    were_named = named_prompts.were_named(battle_id, networks)
    return _cast_vote(voter_id, battle_id, outcome, reported, were_named=were_named)


@transaction.atomic
def _cast_vote(
    voter_id: uuid.UUID,
    battle_id: uuid.UUID,
    outcome: Outcome,
    reported: ReportedAttention | None,
    *,
    were_named: bool,
) -> tuple[Battle, bool]:
    battle = _locked_battle(voter_id, battle_id)
    if battle.mode == Battle.Mode.DIRECT:
        raise VoteRefused("There is nothing to vote on in a chat with one model.")
    match battle.told_state:
        case Battle.State.GENERATING:
            raise VoteRefused("Both answers must be complete before you vote.")
        case Battle.State.FAILED:
            raise VoteRefused("This battle failed and cannot be voted on.")
        case Battle.State.VOTED:
            if battle.vote.outcome != outcome:
                raise VoteRefused("You have already voted in this battle; a vote is final.")
            return battle, False
    vote = Vote.objects.create(
        battle=battle,
        voter_id=battle.voter_id,
        outcome=outcome,
        cast_at=timezone.now(),
    )
    _keep_attention(vote, reported)
    battle.state = Battle.State.VOTED
    battle.save(update_fields=["state"])
    if battle.is_check:
        check_answered.send(Vote, vote=vote)
        transaction.on_commit(partial(vote_counted.send, Vote, voter_id=vote.voter_id), robust=True)
    code = _code_of(battle, were_named=were_named)
    if code:
        VoteStanding.objects.create(
            vote=vote, standing=VoteStanding.Standing.EXCLUDED, code=code, reason=str(code.label)
        )
        return battle, True
    VoteStanding.objects.create(vote=vote, standing=VoteStanding.Standing.COUNTED, reason=ARRIVED)
    count_vote(vote)
    publish(battle)
    transaction.on_commit(partial(vote_counted.send, Vote, voter_id=vote.voter_id), robust=True)
    return battle, True


def _code_of(battle: Battle, *, were_named: bool) -> VoteStanding.Code | None:
    """Why the vote of a battle cannot count from the beginning, if it cannot."""
    if not battle.is_blind:
        return VoteStanding.Code.NOT_BLIND
    if battle.is_check:
        return VoteStanding.Code.CHECK
    if battle.by_program:
        return VoteStanding.Code.PROGRAM
    named = VoteStanding.Code.NAMED_BEFORE if were_named else None
    if told := leaks.code_of(battle) or named:
        return told
    if _kept_answers(battle).filter(ending=AnswerEnding.BROKEN_OFF).exists():
        return VoteStanding.Code.BROKEN_OFF
    return VoteStanding.Code.MODERATED if battle.voter.suspended_at else None


def _kept_answers(battle: Battle) -> QuerySet[Answer]:
    """The answers of the turns that are part of the conversation."""
    return Answer.objects.filter(turn__battle=battle, turn__dropped="")


@transaction.atomic
def change_standing(
    vote: Vote,
    standing: VoteStanding.Standing,
    *,
    code: VoteStanding.Code | None = None,
    reason: str,
    author: Member | None = None,
) -> VoteStanding:
    """Append a standing to a vote; its counts follow. Returns the standing that is in force.

    A vote that has this standing already keeps the one it has.

    Args:
        author: the moderator who says so; None for the arena itself, by rule.
    """
    locked_cluster(vote.voter_id)  # before the vote, as by all who lock both
    Vote.objects.select_for_update().get(pk=vote.pk)  # two changes at once count one by one
    now = vote.standings.first()
    if now is None:
        raise AssertionError("A vote is recorded together with its first standing.")
    if now.standing == standing:
        return now
    changed = VoteStanding.objects.create(
        vote=vote, standing=standing, code=code or "", reason=reason, author=author
    )
    if VoteStanding.Standing.COUNTED in {now.standing, standing}:
        delta = 1 if standing == VoteStanding.Standing.COUNTED else -1
        count_vote(vote, delta=delta, tenths=tenths_of([vote.pk])[vote.pk])
    return changed


@transaction.atomic(savepoint=False)
def count_vote(vote: Vote, *, delta: int = 1, tenths: int = VoteWeight.FULL) -> None:
    """Put a vote into the counts of all its boards (delta 1), or take it out again (delta -1).

    Call it in the transaction that records the standing which says so.

    Args:
        tenths: the weight of the vote.

    Raises:
        django.db.IntegrityError, ValueError: the vote is taken out, but was not in.
    """
    battle = vote.battle
    answers = list(
        _kept_answers(battle)
        .select_related("turn")
        .defer("text", "error_detail", "turn__prompt")
        .order_by("turn__number", "side")
    )
    turns = turns_of(answers)
    number = count(
        boards_named(boards_of(turns)),
        battle.contestant_a_id,
        battle.contestant_b_id,
        Outcome(vote.outcome),
        day=vote.cast_at.date(),
        style=(style_of(answers, Side.A), style_of(answers, Side.B)),
        cluster=locked_cluster(vote.voter_id),
        tenths=tenths,
        delta=delta,
    )
    vote_recounted.send(Vote, vote=vote, delta=delta, number=number)
    transaction.on_commit(request_refit, robust=True)


def _keep_attention(vote: Vote, reported: ReportedAttention | None) -> None:
    battle = vote.battle
    opened_at = battle.shown_at or battle.finished_at or battle.created_at
    values: dict[str, Any] = dict(reported) if reported else {}
    Attention.objects.create(
        vote=vote,
        server_battle_ms=_milliseconds(vote.cast_at - battle.created_at),
        server_decided_ms=_milliseconds(vote.cast_at - opened_at),
        **values,
    )


def _milliseconds(elapsed: timedelta) -> int:
    return max(0, int(1000 * elapsed.total_seconds()))  # another process's clock may be ahead
