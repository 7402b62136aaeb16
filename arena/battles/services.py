"""Writes of battles: opening one, writing its answers, voting."""

import logging
import uuid
from collections.abc import Iterable, Mapping
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

from arena.battles import canaries, freshness, leaks
from arena.battles.boards import boards_of, topics_of
from arena.battles.conversations import publish
from arena.battles.matchmaking import draw_pair
from arena.battles.models import Answer, Attention, Battle, Origin, Side, Turn, Vote, VoteStanding
from arena.battles.release import Arrived, arrived, seconds_until_shown
from arena.battles.selectors import of_voter
from arena.battles.signals import check_answered, vote_counted, vote_recounted
from arena.battles.text.classification import classify
from arena.battles.text.style import AnswerStyle, measure
from arena.contestants.calls import OpenCall, begin_call
from arena.contestants.provider import Finished, Message
from arena.voters.models import Member, Voter
from arena.voters.network import pseudonym
from ratings.models import Outcome
from ratings.services import boards_named, count
from ratings.tasks import request_refit

logger = logging.getLogger(__name__)

MAX_ATTEMPTS = 3  # how many workers may die over one answer
LEASE = timedelta(seconds=12)  # a worker that shows no sign of life for this long is dead
ORIGIN_DAYS = 14
REQUEUE_AFTER = timedelta(seconds=30)  # an answer that no worker took is enqueued again


class PromptRefused(Exception):
    """The prompt cannot be answered as it is; the message says why."""


class TooManyBattles(Exception):
    """The voter already has as many battles running as one voter may."""


class BattleUnknown(Exception):
    """There is no such battle for this voter."""


class VoteRefused(Exception):
    """The battle does not take this vote; the message says why."""


def checked_prompt(prompt: str) -> str:
    """The prompt, if it can be stored and sent as it is.

    Raises:
        PromptRefused: it is empty, too long, or holds characters that are not text.
    """
    if not prompt.strip():
        raise PromptRefused("Type a prompt first.")
    if len(prompt) > settings.ARENA_MAX_PROMPT_CHARS:
        raise PromptRefused(
            f"The prompt has {len(prompt):,} characters; "
            f"at most {settings.ARENA_MAX_PROMPT_CHARS:,} are possible."
        )
    if "\x00" in prompt or any("\ud800" <= character <= "\udfff" for character in prompt):
        raise PromptRefused("The prompt holds characters that are not text.")
    return prompt


@transaction.atomic
def open_battle(voter: Voter, prompt: str, *, may_publish: bool | None = None) -> Battle:
    """Open a battle of two contestants drawn at random and have both answers written.

    Args:
        may_publish: whether everybody may read the conversation after the vote, which is remembered
            for the voter's next battles; None: as chosen last, at first not.

    Raises:
        PromptRefused: the prompt cannot be answered as it is.
        TooManyBattles: the voter has too many battles running.
        arena.battles.matchmaking.NoContestants: fewer than two contestants can be drawn.
    """
    prompt = checked_prompt(prompt)
    # Locked, so that two requests at once count one by one.
    voter = Voter.objects.select_for_update().get(pk=voter.pk)
    if may_publish is not None and may_publish != voter.publishes:
        voter.publishes = may_publish
        voter.save(update_fields=["publishes"])
    unfinished = Q(state=Battle.State.GENERATING) | Q(
        state=Battle.State.OPEN, shown_at__gt=timezone.now()
    )
    running = Battle.objects.filter(unfinished, voter=voter).count()
    if running >= settings.ARENA_RUNNING_BATTLES_PER_VOTER:
        raise TooManyBattles(f"{running} of your battles are still running: let one finish first.")
    side_a, side_b = draw_pair()
    is_check = canaries.is_due()
    battle = Battle.objects.create(
        voter=voter,
        contestant_a_id=side_a,
        contestant_b_id=side_a if is_check else side_b,
        is_check=is_check,
        may_publish=voter.publishes,
    )
    if is_check:
        canaries.make_canary(battle)
    compared = freshness.compare(prompt, voter)
    categories = classify(prompt)
    turn = Turn.objects.create(
        battle=battle,
        prompt=prompt,
        language=categories.language,
        topics=topics_of(categories),
        repeats=compared.repeats,
    )
    leaks.note_probe(turn)
    freshness.remember(turn, compared)
    answers = Answer.objects.bulk_create(
        [Answer(turn=turn, side=side, queued_at=timezone.now()) for side in Side]
    )
    _enqueue_on_commit([answer.pk for answer in answers])
    return battle


def note_network(battle: Battle, network: str | None) -> None:
    """Note from which network a battle was opened, if that can be told under today's key."""
    if network is None:
        return
    try:
        name = pseudonym(network)
    except RedisError:
        logger.warning("Redis is away: the network of battle %s is not noted.", battle.pk)
        return
    Origin.objects.create(battle=battle, network=name)


def forget_networks() -> None:
    """Remove from which network battles were opened that are older than `ORIGIN_DAYS` days."""
    before = timezone.now() - timedelta(days=ORIGIN_DAYS)
    Origin.objects.filter(created_at__lt=before).delete()


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
    side: str
    attempt: int
    call: OpenCall
    messages: list[Message]
    damaged: bool


def claim_answer(answer_id: int) -> Claim | None:
    """Claim an answer that nobody writes; None if it is done, given up or being written."""
    free = Q(state=Answer.State.PENDING) | Q(state=Answer.State.STREAMING, lease_until__lt=Now())
    answer = (
        Answer.objects.select_related("turn__battle")
        .filter(free, pk=answer_id, attempt__lt=MAX_ATTEMPTS)
        .filter(turn__battle__state=Battle.State.GENERATING)
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
    messages: list[Message] = [{"role": "user", "content": answer.turn.prompt}]
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
        side=answer.side,
        attempt=attempt,
        call=call,
        messages=messages,
        damaged=canaries.is_damaged(battle, answer.side),
    )


@transaction.atomic
def extend_leases(held: Mapping[int, int]) -> set[int]:
    """Extend the leases of answers (id → attempt); returns those that are still held.

    An answer is not held any more when its battle failed or another worker took it over. One that
    was given back to the queue, as if its worker were dead, is held again if none took it yet.
    """
    wanted = Answer.objects.filter(
        pk__in=held,
        state__in=[Answer.State.PENDING, Answer.State.STREAMING],
        turn__battle__state=Battle.State.GENERATING,
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
    style = measure(text)
    return _settle(
        claim.answer_id,
        claim.attempt,
        so_far=arrived(claim.battle_id),  # read here: Redis must not hold up a locked battle
        text=text,
        **{f"style_{name}": number for name, number in style._asdict().items()},
        finish_reason=finished.reason[:40],
        removed=finished.removed,
        prompt_tokens=finished.prompt_tokens,
        completion_tokens=finished.completion_tokens,
        first_token_seconds=finished.first_token_seconds,
        seconds=finished.seconds,
    )


def fail_answer(answer_id: int, attempt: int, error: str, detail: str) -> bool:
    """Give an answer up, and with it the battle.

    Returns False, and changes nothing, if that attempt is not the one in progress.
    """
    return _settle(answer_id, attempt, error=error[:40], error_detail=detail[:2000])


def cancel_answer(claim: Claim) -> None:
    """Give up an answer whose battle is over; one that another worker took over is left alone."""
    if Battle.objects.filter(pk=claim.battle_id, state=Battle.State.GENERATING).exists():
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
    answer_id: int, attempt: int, *, so_far: Arrived | None = None, **values: object
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
    if battle.state != Battle.State.GENERATING:
        return True
    if so_far is None:
        _finish(battle, Battle.State.FAILED, Battle.Failure.NO_ANSWER)
    else:
        texts = dict(
            Answer.objects.filter(turn__battle=battle, state=Answer.State.COMPLETE).values_list(
                "side", "text"
            )
        )
        if len(texts) == len(Side):
            _finish(battle, Battle.State.OPEN, seconds_to_show=seconds_until_shown(so_far, texts))
            leaks.note_leaks(battle)
    return True


def _finish(
    battle: Battle, state: Battle.State, failure: str = "", *, seconds_to_show: float | None = None
) -> None:
    battle.state = state
    battle.failure = failure
    battle.finished_at = timezone.now()
    if seconds_to_show is not None:
        battle.shown_at = battle.finished_at + timedelta(seconds=seconds_to_show)
    battle.save(update_fields=["state", "failure", "finished_at", "shown_at"])


def recover_battles() -> None:
    """Take up answers whose worker died or that no worker was told of; give up hopeless ones."""
    now = timezone.now()
    dead = Q(state=Answer.State.STREAMING, lease_until__lt=Now())  # of the clock that leases use
    forgotten = Q(state=Answer.State.PENDING, queued_at__lt=now - REQUEUE_AFTER)
    left = Answer.objects.filter(dead | forgotten)
    # Else every later look would find them again. No join, so that one which ends now is seen.
    _cancel(left.filter(turn__in=Turn.objects.filter(battle__state=Battle.State.FAILED)))
    unfinished = left.filter(turn__battle__state=Battle.State.GENERATING).select_related(
        "turn__battle"
    )
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
    if given_up and battle.state == Battle.State.GENERATING:
        _finish(battle, Battle.State.FAILED, Battle.Failure.INTERRUPTED)


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


@transaction.atomic
def cast_vote(
    voter_id: uuid.UUID,
    battle_id: uuid.UUID,
    outcome: Outcome,
    reported: ReportedAttention | None = None,
) -> tuple[Battle, bool]:
    """Record the one vote of a battle and count it, unless the battle was not blind.

    Returns the battle and whether the vote is new.

    Casting the same vote again changes nothing and is no error. What the voter's page reported
    of how the answers were read is kept beside the vote, and is nothing that it depends on.

    Raises:
        BattleUnknown: there is no such battle for this voter.
        VoteRefused: the battle is unfinished or failed, or was voted otherwise.
    """
    battle = (
        Battle.objects.select_for_update(of=("self",))
        .filter(of_voter(voter_id), pk=battle_id)
        .first()
    )
    if battle is None:
        raise BattleUnknown("There is no such battle.")
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
        battle=battle, voter_id=battle.voter_id, outcome=outcome, cast_at=timezone.now()
    )
    _keep_attention(vote, reported)
    battle.state = Battle.State.VOTED
    battle.save(update_fields=["state"])
    if battle.is_check:
        check_answered.send(Vote, vote=vote)
        transaction.on_commit(partial(vote_counted.send, Vote, voter_id=vote.voter_id), robust=True)
    code = VoteStanding.Code.CHECK if battle.is_check else leaks.code_of(battle)
    if code:
        VoteStanding.objects.create(
            vote=vote, standing=VoteStanding.Standing.EXCLUDED, code=code, reason=str(code.label)
        )
        return battle, True
    VoteStanding.objects.create(
        vote=vote, standing=VoteStanding.Standing.COUNTED, reason="Counted on arrival."
    )
    count_vote(vote)
    publish(battle)
    transaction.on_commit(partial(vote_counted.send, Vote, voter_id=vote.voter_id), robust=True)
    return battle, True


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
        count_vote(vote, delta=1 if standing == VoteStanding.Standing.COUNTED else -1)
    return changed


@transaction.atomic(savepoint=False)
def count_vote(vote: Vote, *, delta: int = 1) -> None:
    """Put a vote into the counts of all its boards (delta 1), or take it out again (delta -1).

    Call it in the transaction that records the standing which says so.

    Raises:
        django.db.IntegrityError, ValueError: the vote is taken out, but was not in.
    """
    battle = vote.battle
    answers = list(
        Answer.objects.filter(turn__battle=battle)
        .select_related("turn")
        .defer("text", "error_detail", "turn__prompt")
        .order_by("turn__number", "side")
    )
    turns = [answer.turn for answer in answers if answer.side == Side.A]
    number = count(
        boards_named(boards_of(turns)),
        battle.contestant_a_id,
        battle.contestant_b_id,
        Outcome(vote.outcome),
        day=vote.cast_at.date(),
        style=(_style(answers, Side.A), _style(answers, Side.B)),
        delta=delta,
    )
    vote_recounted.send(Vote, vote=vote, delta=delta, number=number)
    transaction.on_commit(request_refit, robust=True)


def _style(answers: Iterable[Answer], side: Side) -> AnswerStyle:
    """The style of one side's answers together."""
    styles = [
        (answer.style_tokens, answer.style_headers, answer.style_lists, answer.style_bold)
        for answer in answers
        if answer.side == side
    ]
    return AnswerStyle(*map(sum, zip(*styles, strict=True)))


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
