"""What endpoints report beside their answers is kept, and erased with the battle's text."""

import json
from dataclasses import replace

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from pytest_django import DjangoAssertNumQueries

from arena.battles.erasure import erase_texts
from arena.battles.generation.results import complete_answer, fail_answer
from arena.battles.generation.worker import generate
from arena.battles.models import Answer, AnswerMetadata, Battle
from arena.contestants.provider import Finished, ResponseMetadata
from tests.factories import OpenBattle, claimed
from tests.openai_server import OpenAIServer, Wire
from tests.traces import traces

pytestmark = pytest.mark.django_db(transaction=True)

METADATA = ResponseMetadata(
    request={"model": "left", "temperature": 0.7},
    model_names=("left-7b",),
    usage={"prompt_tokens": 7, "prompt_tokens_details.cached_tokens": 2},
    chunks=(3, 4),
    chunk_count=2,
    first_text_seconds=0.1,
)
FINISHED = Finished("stop", 7, 2, 0.1, 0.2, metadata=METADATA)


def answers_of(battle: Battle) -> list[Answer]:
    return list(Answer.objects.filter(turn__battle=battle).order_by("side"))


def test_a_complete_answer_has_what_its_endpoint_reported(running_battle: OpenBattle) -> None:
    for answer in answers_of(running_battle()):
        generate(answer.pk)
        answer.refresh_from_db()
        kept = answer.metadata
        assert kept.request["stream"] is True and "messages" not in kept.request
        assert kept.model_names == [kept.request["model"]]
        assert kept.usage == {"prompt_tokens": 7, "completion_tokens": 15}
        assert kept.finish_reasons == ["stop"]
        assert sum(kept.chunks) == len(answer.text), "nothing of this answer is redacted"
        assert kept.chunk_count == len(kept.chunks) > 1
        assert kept.first_text_seconds and kept.first_text_seconds > 0


def test_chunks_are_those_of_the_endpoint_before_redaction(running_battle: OpenBattle) -> None:
    answer = answers_of(running_battle("thinks"))[0]
    generate(answer.pk)
    answer.refresh_from_db()
    sent = ["<th", "ink>I am Left-7B.", "</thi", "nk>\n", "\nBlue", ".<|im", "_end|>"]
    assert answer.text == "Blue."
    assert answer.metadata.chunks == [len(token) for token in sent]


def test_whatever_an_endpoint_reports_the_battle_opens(
    running_battle: OpenBattle, openai_server: OpenAIServer
) -> None:
    odd = json.dumps(
        {
            "model": "\x00" + "m" * 100_000,
            "system_fingerprint": ["\ud800"],
            "provider": {"a": 1},
            "usage": {"prompt_tokens": -5, "n\x00": 10**400, "\ud800": "\x00", "deep": [[{}]]},
            "choices": [{"delta": {"content": "x" * 40_000}, "finish_reason": None}],
        }
    ).replace('"deep"', '"deep": NaN, "deeper"')
    reason = {"choices": [{"delta": {}, "finish_reason": "stop\x00\ud800"}]}
    openai_server.wires["odd"] = [
        Wire([f"data: {odd}\n\n".encode(), f"data: {json.dumps(reason)}\n\n".encode()])
    ]
    battle = running_battle("odd", "odd")
    for answer in answers_of(battle):
        generate(answer.pk)
        answer.refresh_from_db()
        assert answer.metadata.model_names == ["m" * 199]
        assert answer.metadata.chunks == [2**15 - 1]
        assert answer.metadata.usage == {"prompt_tokens": -5, "": ""}
    battle.refresh_from_db()
    assert battle.state == Battle.State.OPEN


def test_only_the_attempt_that_completes_leaves_a_record(running_battle: OpenBattle) -> None:
    first, second = answers_of(running_battle())
    claim = claimed(first)
    assert complete_answer(claim, "All of it.", FINISHED)
    assert not complete_answer(claim, "Once more.", FINISHED)
    assert fail_answer(second.pk, claimed(second).attempt, "timeout", "It took long.")
    (kept,) = AnswerMetadata.objects.all()
    assert kept.answer == first
    assert (kept.chunks, kept.chunk_count) == ([3, 4], 2)
    assert kept.request == METADATA.request


def test_it_costs_one_query(
    running_battle: OpenBattle, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    claims = [claimed(answer) for answer in answers_of(running_battle())]
    complete_answer(claims[0], "Dark.", FINISHED)
    with CaptureQueriesContext(connection) as without:
        complete_answer(claims[1], "Dark.", replace(FINISHED, metadata=None))
    claims = [claimed(answer) for answer in answers_of(running_battle())]
    complete_answer(claims[0], "Dark.", FINISHED)
    with django_assert_num_queries(len(without) + 1):
        complete_answer(claims[1], "Dark.", FINISHED)


def test_a_record_never_changes_and_has_no_more_chunks_than_its_bound(
    running_battle: OpenBattle,
) -> None:
    first, second = answers_of(running_battle())
    complete_answer(claimed(first), "Dark.", FINISHED)
    with pytest.raises(DatabaseError, match="Cannot update"), transaction.atomic():
        AnswerMetadata.objects.update(chunk_count=3)
    with pytest.raises(IntegrityError, match="bounded"), transaction.atomic():
        AnswerMetadata.objects.create(answer=second, request={}, usage={}, chunks=[1] * 4097)


def test_it_is_erased_with_the_texts_of_the_battle(running_battle: OpenBattle) -> None:
    """Names and lengths come from the endpoint: they can tell what was asked and answered."""
    battle = running_battle()
    for answer in answers_of(battle):
        complete_answer(claimed(answer), "Dark.", FINISHED)
    assert AnswerMetadata.objects.count() == 2
    erase_texts(battle.voter_id)
    assert not AnswerMetadata.objects.exists()
    assert Answer.objects.filter(completion_tokens=2).count() == 2, "the plain counts stay"


def test_an_endpoint_that_echoes_the_prompt_in_its_names_leaves_no_trace(
    running_battle: OpenBattle,
) -> None:
    battle = running_battle(prompt="zanzibar")
    echoed = replace(METADATA, model_names=("zanzibar",), usage={"zanzibar": 1})
    for answer in answers_of(battle):
        complete_answer(claimed(answer), "Dark.", replace(FINISHED, metadata=echoed))
    assert "battles_answermetadata" in traces("zanzibar")
    erase_texts(battle.voter_id)
    assert traces("zanzibar") == []
