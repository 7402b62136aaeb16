"""One answer: streamed from its endpoint to the readers, then kept in the database."""

import logging
from contextlib import closing

from django.db import connection

from arena.battles.generation.claiming import claim_answer
from arena.battles.generation.leases import Hold, keeper
from arena.battles.generation.results import cancel_answer, complete_answer, fail_answer
from arena.battles.gold import draw
from arena.battles.live.streams import AnswerStream, stream_key, writer
from arena.contestants.calls.streaming import stream_answer
from arena.contestants.provider import Delta, Finished, ProviderError

logger = logging.getLogger(__name__)


def generate(answer_id: int) -> None:
    """Write one answer, unless it is written already or somebody else is at it."""
    claim = claim_answer(answer_id)
    if claim is None:
        return
    connection.close()  # back to the pool: an answer takes minutes and needs no database
    key = stream_key(claim.battle_id, claim.side, claim.turn)
    with writer().opened(key, claim.attempt) as stream, keeper().held(claim) as hold:
        try:
            finished = _stream(hold, stream)
        except ProviderError as error:
            fail_answer(answer_id, claim.attempt, error.kind, error.detail)
        except Exception:
            logger.exception("Answer %d failed by a fault of our own.", answer_id)
            fail_answer(answer_id, claim.attempt, "internal", "See the worker's log.")
        else:
            if finished is not None:
                complete_answer(claim, stream.text, finished)
            else:
                cancel_answer(claim)


def _stream(hold: Hold, stream: AnswerStream) -> Finished | None:
    """Append what arrives; None if the claim was lost on the way."""
    claim = hold.claim
    transform = claim.transform
    answer = stream_answer(claim.call, claim.messages, unwanted=lambda: hold.lost)
    with closing(answer) as events:
        for event in events:
            if hold.lost:
                return None
            match event:
                case Delta(text=text):
                    if transform:
                        text, stream.changed = transform.feed(text), draw.changed_by(transform)
                    stream.append(text)
                case Finished():
                    if transform:
                        rest, stream.changed = transform.end(), draw.changed_by(transform)
                        stream.append(rest)
                    stream.finish()
                    return event
    if hold.lost:
        return None
    raise AssertionError("An answer's stream ends with Finished or with an error.")
