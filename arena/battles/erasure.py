"""Taking a person out of the record: identity and text go, the anonymous outcomes stay counted."""

import uuid
from collections.abc import Collection
from functools import partial

from django.db import transaction
from django.utils import timezone

from arena.battles.live import streams
from arena.battles.models import (
    ERASED,
    Answer,
    AnswerMetadata,
    Battle,
    IdempotencyKey,
    IdentityLeak,
    KnownPrompt,
    Reaction,
    Report,
    Turn,
)
from arena.battles.prompts import images
from arena.battles.tasks import delete_streams
from arena.voters.models import Member
from arena.voters.services import anonymise, delete_account

WRITERS_STOP_SECONDS = 30
"""A worker that writes an answer of an erased battle has noticed by then (`LEASE`)."""


@transaction.atomic
def erase_person(voter_id: uuid.UUID | None, member: Member | None) -> None:
    """Erase the texts of a voter's battles, cut the voter from whose it was, delete the account."""
    if voter_id is not None:
        erase_texts(voter_id)
        anonymise(voter_id)
    if member is not None:
        delete_account(member)


@transaction.atomic
def erase_texts(voter_id: uuid.UUID) -> None:
    """Replace all that a voter, and the guests merged into it, wrote or was answered, for good.

    Battles, votes, standings and counts stay, so every published board can still be recomputed.
    The database takes a prompt away only from a battle that is marked as erased. Answers that are
    being written are given up. A known prompt stays, for others may be near copies of it, but
    nothing is found alike to it any more: its sketch could confirm a guess of the text. What a
    prompt to a named model is found by goes a day later, see `arena.battles.prompts.named`.
    """
    theirs = Battle.objects.of_person(voter_id).filter(erased_at=None)
    # In the order in which a battle's other writers lock: the battle first.
    locked = theirs.select_for_update(of=("self",)).order_by("pk")
    ids = list(locked.values_list("pk", flat=True))
    battles, now = Battle.objects.filter(pk__in=ids), timezone.now()
    answers = Answer.objects.filter(turn__battle__in=ids)
    answers.filter(state__in=[Answer.State.PENDING, Answer.State.STREAMING]).update(
        state=Answer.State.FAILED, lease_until=None, error="erased"
    )
    battles.filter(state=Battle.State.GENERATING).update(
        state=Battle.State.FAILED, failure=Battle.Failure.INTERRUPTED, finished_at=now
    )
    battles.update(erased_at=now, may_publish=False)
    Turn.objects.filter(battle__in=ids).update(prompt=ERASED)
    answers.exclude(text="").update(text=ERASED)
    answers.update(error_detail="")
    AnswerMetadata.objects.filter(answer__turn__battle__in=ids).delete()
    images.remove_of(ids)
    transaction.on_commit(partial(_delete_streams, ids), robust=True)
    IdempotencyKey.objects.filter(battle__in=ids).delete()
    KnownPrompt.objects.filter(turn__battle__in=ids).update(bands=[])
    IdentityLeak.objects.filter(battle__in=ids).update(excerpt=ERASED)
    Reaction.objects.filter(vote__battle__in=ids).exclude(comment="").update(comment=ERASED)
    Report.objects.of_person(voter_id).exclude(comment="").update(comment=ERASED)


def _delete_streams(battle_ids: Collection[uuid.UUID]) -> None:
    """Delete the texts that are still in Redis; once more when workers have stopped writing."""
    turns = list(Turn.objects.filter(battle__in=battle_ids).values_list("battle_id", "number"))
    if not turns:
        return
    named = [(str(battle_id), number) for battle_id, number in turns]
    delete_streams.apply_async((named,), countdown=WRITERS_STOP_SECONDS)
    streams.delete_streams(turns)
