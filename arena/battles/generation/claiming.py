"""Claim an answer to write."""

from django.db.models import Q
from django.db.models.functions import Now

from arena.battles.generation.claim import LEASE, MAX_ATTEMPTS, NEEDS_ANSWER, Claim
from arena.battles.generation.results import fail_answer
from arena.battles.gold import draw
from arena.battles.models import Answer, Image, Side
from arena.battles.prompts import images
from arena.contestants.calls.budget import begin_call
from arena.contestants.provider import Message


def claim_answer(answer_id: int) -> Claim | None:
    """Claim an answer that nobody writes; None if it is done, given up or being written."""
    free = Q(state=Answer.State.PENDING) | Q(state=Answer.State.STREAMING, lease_until__lt=Now())
    answer = (
        Answer.objects.select_related("turn__battle", "turn__image")
        .filter(free, NEEDS_ANSWER, pk=answer_id, attempt__lt=MAX_ATTEMPTS)
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
        transform=draw.transform_of(answer),
    )


def _conversation(answer: Answer) -> list[Message]:
    """What was said on the answer's side before it, and the prompt that it answers."""
    messages: list[Message] = []
    turn = answer.turn
    if turn.number > 1:
        before = (
            Answer.objects.kept()
            .filter(turn__battle=turn.battle_id, turn__number__lt=turn.number, side=answer.side)
            .order_by("turn__number")
        )
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
