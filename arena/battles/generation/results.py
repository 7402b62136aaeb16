"""Record how an answer ended, and what that means for its battle."""

from dataclasses import fields
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from arena.battles.generation.claim import NEEDS_ANSWER, Claim
from arena.battles.gold import draw
from arena.battles.live.display import Arrived, arrived, seconds_until_shown
from arena.battles.models import Answer, AnswerMetadata, Battle, Turn
from arena.battles.prompts import leaks
from arena.contestants.provider import Finished, ResponseMetadata
from arena.text.identity import Finding
from arena.text.style import measure


def style_fields(text: str) -> dict[str, int]:
    return {f"style_{name}": number for name, number in measure(text)._asdict().items()}


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
        metadata=finished.metadata,
        changed=draw.change_in(claim.transform),
        text=text,
        **style_fields(text),
        finish_reason=finished.reason[:40],
        ending=finished.ending,
        removed=finished.removed,
        prompt_tokens=finished.prompt_tokens,
        completion_tokens=finished.completion_tokens,
        first_token_seconds=finished.first_token_seconds,
        seconds=finished.seconds,
    )


def _fields_of(metadata: ResponseMetadata) -> dict[str, Any]:
    return {each.name: getattr(metadata, each.name) for each in fields(metadata)}


def fail_answer(answer_id: int, attempt: int, error: str, detail: str) -> bool:
    """Give an answer up, and with it the turn, or the battle if it is the first one.

    Returns False, and changes nothing, if that attempt is not the one in progress.
    """
    return _settle(answer_id, attempt, error=error[:40], error_detail=detail[:2000])


def cancel_answer(claim: Claim) -> None:
    """Give up an answer whose battle is over; one that another worker took over is left alone."""
    if Answer.objects.filter(NEEDS_ANSWER, pk=claim.answer_id).exists():
        return
    cancel_answers(
        Answer.objects.filter(
            pk=claim.answer_id, attempt=claim.attempt, state=Answer.State.STREAMING
        )
    )


def cancel_answers(answers: QuerySet[Answer]) -> None:
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
    metadata: ResponseMetadata | None = None,
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
    if metadata:
        AnswerMetadata.objects.create(answer_id=answer_id, **_fields_of(metadata))
    turn = Turn.objects.get(answers=answer_id)
    if battle.state != Battle.State.GENERATING or turn.excluded_reason:
        return True
    if so_far is None:
        fail_turn(battle, turn, Battle.Failure.NO_ANSWER)
        return True
    if leak and battle.is_blind:
        leaks.note_leak(battle, *leak)
    texts = dict(
        Answer.objects.filter(turn=turn, state=Answer.State.COMPLETE).values_list("side", "text")
    )
    if len(texts) == len(battle.sides):
        seconds = seconds_until_shown(so_far, texts) if battle.is_blind else 0
        finish(battle, Battle.State.OPEN, seconds_to_show=seconds)
    return True


def fail_turn(battle: Battle, turn: Turn, failure: Battle.Failure) -> None:
    """Fail a battle whose first prompt got no answers. Later ones are excluded, and it is open to a
    vote on what came before: if a prompt was to be answered again, on the answers that it had.
    """
    before = (
        battle.turns.exclude(pk=turn.pk)
        .filter(excluded_reason__in=["", Turn.ExcludedReason.REPLACED])
        .last()
    )
    if before is None:
        finish(battle, Battle.State.FAILED, failure)
        return
    reason = (
        Turn.ExcludedReason.NOT_RENEWED if before.excluded_reason else Turn.ExcludedReason(failure)
    )
    Turn.objects.filter(pk=turn.pk).update(excluded_reason=reason)
    Turn.objects.filter(pk=before.pk).update(excluded_reason="")
    finish(battle, Battle.State.OPEN, seconds_to_show=0)


def finish(
    battle: Battle, state: Battle.State, failure: str = "", *, seconds_to_show: float | None = None
) -> None:
    battle.state = state
    battle.failure = failure
    battle.finished_at = timezone.now()
    if seconds_to_show is not None:
        battle.shown_at = battle.finished_at + timedelta(seconds=seconds_to_show)
    battle.save(update_fields=["state", "failure", "finished_at", "shown_at"])
    if battle.is_gold:
        draw.settle_truth(battle)
