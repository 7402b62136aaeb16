"""An export does not tell who voted, nor when exactly, and two of them tell no more than one."""

import json
from collections import Counter, defaultdict
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import pytest
from django.utils import timezone
from hypothesis import given
from hypothesis import strategies as st

from arena.battles.erasure import erase_person
from arena.battles.reading import conversations
from arena.exports.services import publish_export, write_votes
from arena.exports.table.anonymity import Epochs, Period, generalise
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.exports.casting import DAY, cast, cast_many
from tests.factories import make_contestants

Rows = list[dict[str, Any]]
KNOWN_ANYWAY = ("model_a", "model_b", "winner", "tstamp", "language", "topics", "turn", "tokens_a")


def exported() -> Rows:
    file = BytesIO()
    write_votes("ndjson", file)
    return [json.loads(line) for line in file.getvalue().splitlines()]


def linked(earlier: Rows, later: Rows) -> list[tuple[str, str]]:
    """Question ids of the later export that an attacker adds to a voter of the earlier one.

    The attacker joins by pseudonym, and by every row that is the only one of its kind in both
    exports; whoever's row it is, their other rows in the later export would be found by it.
    """
    voters: dict[str, str] = {}
    kinds = [Counter(kind(row) for row in rows) for rows in (earlier, later)]
    by_kind = {kind(row): row for row in earlier}
    for row in later:
        if kinds[0][kind(row)] == kinds[1][kind(row)] == 1:
            voters[row["judge"]] = by_kind[kind(row)]["judge"]
    voters |= {row["judge"]: row["judge"] for row in earlier}
    held_before = {kind(row) for row in earlier}
    return [
        (voters[row["judge"]], row["question_id"])
        for row in later
        if row["judge"] in voters and kind(row) not in held_before
    ]


def kind(row: dict[str, Any]) -> str:
    return json.dumps([row[key] for key in KNOWN_ANYWAY])


@pytest.mark.django_db(transaction=True)
def test_votes_of_a_voter_cannot_be_linked_across_exports(
    arena_settings: ChangeSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though every row of the first export is recognised in the second, and the day is the same."""
    arena_settings(export_smallest_cell=1)
    models = make_contestants(6)
    target, *others = (Voter.objects.create() for _ in range(4))
    pairs = [(a, b) for a in models for b in models if a is not b]
    for place, pair in enumerate(pairs[:15]):
        cast(target if place % 2 else others[place % 3], pair, at=timezone.now())
    made_at = publish_export().made_at
    first = exported()
    for place, pair in enumerate(pairs[15:], start=1):
        cast(target, pair, at=made_at + timedelta(milliseconds=place))
    second = exported()
    assert len(second) == len(first) + len(pairs) - 15
    assert linked(first, second) == []
    # The attack is a real one: it finds them all where a pseudonym holds for the whole day.
    monkeypatch.setattr(Epochs, "of", lambda *_: 0)
    assert len(linked(first, exported())) == len(pairs) - 15


@pytest.mark.django_db(transaction=True)
def test_times_and_order_reveal_only_the_day() -> None:
    voters = [Voter.objects.create() for _ in range(6)]
    cast_many(make_contestants(4), voters)
    first, second = exported(), exported()
    assert {row["tstamp"] % 86400 for row in first} == {0}
    assert [row["tokens_a"] for row in first if row["period"] == "day"]
    ids = {row["question_id"] for row in first} & {row["question_id"] for row in second}
    judges = {row["judge"] for row in first} & {row["judge"] for row in second}
    assert (ids, judges) == (set(), set())
    in_order = [[kind(row) for row in rows] for rows in (first, second)]
    assert sorted(in_order[0]) == sorted(in_order[1])
    assert in_order[0] != in_order[1]
    assert {str(voter.pk) for voter in voters}.isdisjoint(json.dumps(first).split('"'))


@pytest.mark.django_db(transaction=True)
def test_only_public_conversations_are_exported_without_personal_data() -> None:
    models, voter, erased = make_contestants(2), Voter.objects.create(), Voter.objects.create()
    pair = (models[0], models[1])
    prompts = ("Write to jane.doe@post.de.", "Shorter, please.")
    cast(voter, pair, may_publish=True, prompts=prompts)
    cast(voter, pair, prompts=("Not for others.",))
    cast(erased, pair, may_publish=True, prompts=("Forget me.",))
    hidden = cast(voter, pair, may_publish=True, prompts=("An insult.",))
    withdrawn = cast(voter, pair, may_publish=True, prompts=("Not any more.",))
    gone = ("Forget me.", "An insult.", "Not any more.")
    before = json.dumps(exported())
    assert all(text in before for text in gone)
    erase_person(erased.pk, None)
    conversations.hide([hidden.battle_id])
    conversations.set_published(voter.pk, withdrawn.battle_id, publish_it=False)
    rows = exported()
    text = json.dumps(rows)
    for never in ("jane.doe", "Not for others", *gone):
        assert never not in text
    [row] = [row for row in rows if row["conversation_a"]]
    for side in ("a", "b"):
        said = row[f"conversation_{side}"]
        assert [message["role"] for message in said] == ["user", "assistant"] * 2
        assert said[2]["content"] == "Shorter, please."
        assert said[3]["content"] == f"Answer {side} to Shorter, please."
    assert sorted(row["judge"] is None for row in rows) == [False] * 4 + [True]


@pytest.mark.django_db(transaction=True)
def test_a_rare_language_is_generalised() -> None:
    """Five votes must look alike: two Icelandic ones on two days each do not."""
    models, voter = make_contestants(2), Voter.objects.create()
    pair = (models[0], models[1])
    for days in range(2):
        for _ in range(6):
            cast(voter, pair, at=DAY + timedelta(days=days))
        for _ in range(3):
            cast(voter, pair, at=DAY + timedelta(days=days), language="fi")
        cast(voter, pair, at=DAY + timedelta(days=days), language="is")
    periods = Counter((row["language"], row["period"]) for row in exported())
    assert periods == {("en", "day"): 12, ("fi", "month"): 6, ("unknown", "withheld"): 2}


cells = st.dictionaries(
    st.tuples(
        st.sampled_from(["en", "de", "is", "la"]),
        st.dates(date(2026, 1, 25), date(2026, 3, 5)),
    ),
    st.integers(1, 30),
    max_size=60,
)


@given(cells, st.integers(1, 20))
def test_at_least_k_votes_share_each_published_language_and_time(
    counts: dict[tuple[str, date], int], smallest: int
) -> None:
    shown = generalise(counts, smallest)
    assert shown.keys() == counts.keys()
    votes: dict[Any, int] = defaultdict(int)
    for cell, disclosure in shown.items():
        votes[disclosure] += counts[cell]
        assert disclosure.since in {None, cell[1], cell[1].replace(day=1)}
        assert disclosure.language in {cell[0], "unknown"}
    small = [disclosure for disclosure, number in votes.items() if number < smallest]
    assert all(
        (disclosure.language, disclosure.period) == ("unknown", Period.WITHHELD)
        for disclosure in small
    )
    assert len(small) <= 1
