"""Repeats of earlier prompts and of benchmark questions are marked; fresh prompts are not."""

import io
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import DatabaseError, transaction

from arena.battles import opening
from arena.battles.models import Battle, Benchmark, KnownPrompt, Turn
from arena.battles.opening import open_battle
from arena.voters.models import Voter
from tests.factories import Registered

pytestmark = pytest.mark.django_db

PROMPT = "Write a short story about a lighthouse keeper who is afraid of the dark."
NEAR_COPY = "write a short storry about a lighthouse keeper, who is afraid of the dark!"
CLASSICS = Path(opening.__file__).with_name("benchmarks") / "classics.txt"


@pytest.fixture(autouse=True)
def _two_contestants(contestant: Registered) -> None:
    contestant("one"), contestant("two")


def opened(voter: Voter, prompt: str) -> Turn:
    turn = open_battle(voter, prompt).turns.get()
    Battle.objects.filter(pk=turn.battle_id).update(state="open", finished_at=turn.created_at)
    return turn


def fail(turn: Turn) -> None:
    Battle.objects.filter(pk=turn.battle_id).update(state="failed", failure="no_answer")


def load(name: str, file: Path, **options: Any) -> str:
    out = io.StringIO()
    call_command("load_benchmark", name, str(file), stdout=out, verbosity=0, **options)
    return out.getvalue()


def test_a_near_copy_repeats_the_first_prompt_whoever_asks(voter: Voter) -> None:
    first = opened(voter, PROMPT)
    second = opened(voter, NEAR_COPY)
    third = opened(Voter.objects.create(), PROMPT)
    assert first.repeats is None
    assert second.repeats == third.repeats == first.known
    assert KnownPrompt.objects.count() == 1


def test_prompts_of_the_same_pattern_are_fresh(voter: Voter) -> None:
    for prompt in ("What is 17% of 2340?", "What is 15% of 480?", "Hi", "Hello", "???", "!!!"):
        assert opened(voter, prompt).repeats is None


def test_a_failed_battle_tried_again_by_its_voter_is_no_repeat_but_the_next_is(
    voter: Voter,
) -> None:
    fail(opened(voter, PROMPT))
    again = opened(voter, PROMPT)
    assert again.repeats is None
    assert opened(voter, PROMPT).repeats == again.known
    assert KnownPrompt.objects.count() == 1


def test_a_failed_battle_of_somebody_else_is_repeated(voter: Voter) -> None:
    first = opened(voter, PROMPT)
    fail(first)
    assert opened(Voter.objects.create(), PROMPT).repeats == first.known


def test_a_question_of_a_loaded_benchmark_is_marked(voter: Voter) -> None:
    assert load("classics", CLASSICS) == "classics: 24 new of 24 questions.\n"
    turn = opened(voter, "why is a raven like a writing-desk")
    assert turn.repeats is not None
    assert turn.repeats.benchmark == Benchmark.objects.get(name="classics")


def test_loading_again_adds_what_is_new_only(tmp_path: Path) -> None:
    file = tmp_path / "list.csv"
    file.write_text('id,question\n1,"What is a quark, and why?"\n2,What is a lepton?\n')
    assert load("physics", file) == "physics: 2 new of 2 questions.\n"
    file.write_text(file.read_text() + "3,What is a boson?\n4,What is a boson?\n")
    assert load("physics", file) == "physics: 1 new of 4 questions.\n"
    assert load("other", file) == "other: 3 new of 4 questions.\n"
    assert set(KnownPrompt.objects.values_list("benchmark__name", flat=True)) == {
        "physics",
        "other",
    }


def test_json_lines_are_loaded_by_the_field_that_is_asked_for(tmp_path: Path) -> None:
    file = tmp_path / "list.jsonl"
    file.write_text('{"q": "What is a quark?", "text": "no"}\n\n{"q": "What is a boson?"}\n')
    load("physics", file, field="q")
    assert set(KnownPrompt.objects.values_list("question", flat=True)) == {
        "What is a quark?",
        "What is a boson?",
    }


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.jsonl", '{"question": "Why?"}\n{"query": "Why?"}\n', "row 2 has no text in question"),
        ("a.jsonl", "[1]\n", "row 1"),
        ("a.jsonl", '{"question": 1}\n', "row 1"),
        ("a.jsonl", "not json\n", "Expecting value"),
        ("a.csv", "id,answer\n1,2\n", "row 1 has no text"),
        ("a.pdf", "", "pdf are not known"),
        ("a.txt", b"\xff\xfe\xff", "decode"),
    ],
)
def test_a_bad_list_is_refused_whole(
    tmp_path: Path, name: str, content: str | bytes, says: str
) -> None:
    file = tmp_path / name
    file.write_bytes(content if isinstance(content, bytes) else content.encode())
    with pytest.raises(CommandError, match=says):
        load("list", file)
    assert not Benchmark.objects.exists()


def test_a_missing_file_and_a_bad_name_are_said(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="No such file"):
        load("list", tmp_path / "missing.txt")
    with pytest.raises(CommandError, match="no name for a list"):
        load("two words", CLASSICS)


def test_the_database_itself_knows_where_a_known_prompt_is_from(voter: Voter) -> None:
    turn = opened(voter, PROMPT)
    for values in ({}, {"question": "Why?"}, {"turn": turn, "question": "Why?"}):
        with pytest.raises(DatabaseError), transaction.atomic():
            KnownPrompt.objects.create(bands=[1], **values)
