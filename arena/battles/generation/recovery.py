"""Take up what a killed worker or a dead broker left behind."""

from datetime import timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now
from django.utils import timezone

from arena.battles.generation.claim import MAX_ATTEMPTS, NEEDS_ANSWER
from arena.battles.generation.queue import REQUEUE_AFTER, enqueue_on_commit
from arena.battles.generation.results import cancel_answers, fail_turn
from arena.battles.models import Answer, Battle, Turn
from arena.battles.models.querysets import kept


def recover_battles() -> None:
    """Take up answers whose worker died or that no worker took; fail those without hope."""
    now = timezone.now()
    dead = Q(state=Answer.State.STREAMING, lease_until__lt=Now())  # of the clock that leases use
    forgotten = Q(state=Answer.State.PENDING, queued_at__lt=now - REQUEUE_AFTER)
    left = Answer.objects.filter(dead | forgotten)
    # Else every later look would find them again. No join, so that one which ends now is seen.
    over = Turn.objects.filter(Q(battle__state=Battle.State.FAILED) | ~kept())
    cancel_answers(left.filter(turn__in=over))
    unfinished = left.filter(NEEDS_ANSWER).select_related("turn__battle")
    give_up_before = now - timedelta(seconds=2 * settings.ARENA.answer_seconds)
    for answer in unfinished:
        if answer.attempt >= MAX_ATTEMPTS or answer.turn.created_at < give_up_before:
            _interrupt(answer)
        else:
            requeue(answer)


@transaction.atomic
def _interrupt(answer: Answer) -> None:
    battle = Battle.objects.select_for_update().get(pk=answer.turn.battle_id)
    given_up = Answer.objects.filter(
        pk=answer.pk, attempt=answer.attempt, state=answer.state, lease_until=answer.lease_until
    ).update(state=Answer.State.FAILED, lease_until=None, error="interrupted")
    turn = Turn.objects.get(pk=answer.turn_id)  # as it is now, under the battle's lock
    if given_up and battle.state == Battle.State.GENERATING and not turn.excluded_reason:
        fail_turn(battle, turn, Battle.Failure.INTERRUPTED)


@transaction.atomic
def requeue(answer: Answer) -> None:
    taken_up = Answer.objects.filter(
        pk=answer.pk, attempt=answer.attempt, state=answer.state, lease_until=answer.lease_until
    ).update(state=Answer.State.PENDING, lease_until=None, queued_at=timezone.now())
    if taken_up:
        enqueue_on_commit([answer.pk])
