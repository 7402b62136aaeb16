"""Prompts are read before anything is locked, in time linear in their length."""

import threading
import time
from collections.abc import Callable

import pytest
from django.db import connection, transaction

from arena.battles.opening import open_battle
from arena.battles.prompts import leaks
from arena.contestants.catalogue.reading import CatalogueNames
from arena.text import classification, freshness, personal_data
from arena.text.identity import Finding, IdentityDetector
from arena.voters.models import Voter
from tests.factories import Registered

LONGEST = 12_000
DETECTOR = IdentityDetector(["House Model", "Qwen2.5-7B"], ["Acme"])
READERS: dict[str, Callable[[str], object]] = {
    "probe": DETECTOR.asks,
    "leak": DETECTOR.reveals,
    "names": DETECTOR.names,
    "personal": personal_data.find,
    "categories": classification.classify,
    "sketch": freshness.bands,
    "likeness": lambda text: freshness.similarity(text, f"{text[1:]}z"),
}
PIECES = {
    "prose": "the old house by the river was empty ",
    "one word": "a",
    "spaced letters": "a ",
    "dotted letters": "g.",
    "probe": "who are you ",
    "name": "gpt ",
    "han": "你是谁",
    "ligatures": "\ufdfa",
    "accents": "e\u0301",
    "invisible": "\u200b",
    "lines": "\n",
    "quotes": '"a',
    "base64": "aGVsbG8gaGVsbG8gaGVsbG8= ",
    "numbers": "1 2 3 ",
    "telephone": "+1 234 567 8901 ",
    "addresses": "a@a.",
    "keys": "-----BEGIN PRIVATE KEY-----",
    "passwords": "password:",
    "fences": "```",
    "stars": "**a",
    "queries": "SELECT ",
}


def seconds(read: Callable[[str], object], text: str) -> float:
    """The least of the times of this process in three runs."""
    times = []
    for _ in range(3):
        begun = time.process_time()
        read(text)
        times.append(time.process_time() - begun)
    return min(times)


@pytest.mark.parametrize("reader", READERS)
@pytest.mark.parametrize("piece", PIECES)
def test_no_prompt_is_slow(reader: str, piece: str) -> None:
    """Four times as long takes four times the time, with room for noise; a square takes 16."""
    read = READERS[reader]
    whole = (PIECES[piece] * LONGEST)[:LONGEST]
    read(whole[:100])
    constant = seconds(READERS["personal"], "warm") + 0.002
    assert seconds(read, whole) <= 9 * (seconds(read, whole[: LONGEST // 4]) + constant)


@pytest.mark.django_db(transaction=True)
def test_a_prompt_is_read_while_its_voter_is_free(
    contestant: Registered, voter: Voter, monkeypatch: pytest.MonkeyPatch
) -> None:
    contestant("one"), contestant("two")
    was_free: list[bool] = []

    def lock() -> None:
        with transaction.atomic():
            locked = Voter.objects.select_for_update(skip_locked=True).filter(pk=voter.pk)
            was_free.append(locked.exists())
        connection.close()

    def read(prompt: str, names: CatalogueNames) -> Finding | None:
        other = threading.Thread(target=lock)
        other.start()
        other.join()
        return None

    monkeypatch.setattr(leaks, "probe_in", read)
    battle = open_battle(voter, "Why is the sky blue?")
    assert was_free == [True]
    assert battle.turns.get().prompt == "Why is the sky blue?"
