"""Every vote as a row of the published table, anonymised."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncDate

from arena.battles.models import Side, Turn, VoteWeight
from arena.battles.models.querysets import exported, exported_sql, kept_sql
from arena.battles.models.vote import newest_standing_sql
from arena.exports.table.anonymity import Cell, Disclosure, Period, Pseudonyms, generalise
from arena.exports.table.columns import COUNTS
from arena.exports.table.formats import Row
from arena.leaderboards.models import Outcome
from arena.text.personal_data import scrub

BATCH = 4000  # votes
BATCH_TEXT = 4_000_000  # characters of conversations, about

Conversation = list[dict[str, str]]
WINNERS: dict[str, str] = {
    Outcome.A: "model_a",
    Outcome.B: "model_b",
    Outcome.TIE: "tie",
    Outcome.BOTH_BAD: "tie (bothbad)",
}


def disclosures_of_votes(k: int) -> dict[Cell, Disclosure]:
    """What is published of the votes of each language and day; see `generalise`."""
    cells = (
        Turn.objects.filter(
            exported("battle__"),
            number=1,
            battle__vote__isnull=False,
        )
        .order_by()
        .annotate(day=TruncDate("battle__vote__cast_at", tzinfo=UTC))
        .values_list("language", "day")
        .annotate(votes=Count("pk"))
    )
    return generalise({(language, day): votes for language, day, votes in cells}, k)


def vote_rows(disclosures: dict[Cell, Disclosure], pseudonyms: Pseudonyms) -> Iterator[list[Row]]:
    """Every vote as a row of `arena.exports.table.columns`, some thousand at a time.

    Rows with a day come first, in the order of days; then those with a month; then the others.
    The order within each of these is random, so that it does not reveal the time of a vote.

    Votes on gold questions are left out, because they compare no two models; so are votes of
    battles that were not blind.

    The rows are streamed: the database connection is in use until the last one.
    """
    for chunk in _chunks(disclosures):
        parameters = _parameters(chunk) | {"salt": pseudonyms.salt()}
        with (
            connection.cursor() as cursor,
            cursor.copy(cursor.mogrify(f"COPY ({_query(chunk)}) TO STDOUT", parameters)) as copy,
        ):
            copy.set_types(TYPES)
            rows, texts = [], 0
            for values in copy.rows():
                vote = _Vote._make(values)
                disclosure = disclosures[vote.language, vote.cast_at.date()]
                if (disclosure.period, disclosure.since) != (chunk.period, chunk.since):
                    continue
                rows.append(_row(vote, disclosure, pseudonyms))
                texts += len(vote.said or "")
                if len(rows) >= BATCH or texts >= BATCH_TEXT:
                    yield rows
                    rows, texts = [], 0
            if rows:
                yield rows


class _Chunk(NamedTuple):
    """Votes published with the same time: of some days, in some languages (None: in all)."""

    period: Period
    since: date | None
    days: tuple[date, ...]
    languages: frozenset[str] | None


def _chunks(disclosures: dict[Cell, Disclosure]) -> list[_Chunk]:
    """Days in order, then months, then votes without a time."""
    cells: dict[tuple[Period, date | None], list[Cell]] = {}
    for cell, disclosure in disclosures.items():
        cells.setdefault((disclosure.period, disclosure.since), []).append(cell)
    return [
        _Chunk(
            period,
            since,
            days=tuple(sorted({day for _, day in of_it})),
            languages=None
            if period == Period.DAY
            else frozenset(language for language, _ in of_it),
        )
        for (period, since), of_it in sorted(
            cells.items(), key=lambda item: (ORDER.index(item[0][0]), item[0][1])
        )
    ]


ORDER = [Period.DAY, Period.MONTH, Period.WITHHELD]


class _Vote(NamedTuple):
    """A row of the query; style counts are sums over all answers of a side."""

    battle: str
    voter: str
    outcome: str
    cast_at: datetime  # UTC, without a time zone
    model_a: str
    model_b: str
    standing: str
    code: str
    tenths: int
    weight_group: str
    erased: bool
    turns: int
    language: str
    topics: str
    fresh: bool
    said: str | None
    tokens_a: int
    tokens_b: int
    headers_a: int
    headers_b: int
    lists_a: int
    lists_b: int
    bold_a: int
    bold_b: int


STYLE = [f"{name}_{side}" for name in COUNTS for side in "ab"]
TYPES = [
    *("text", "text", "text", "timestamp", "text", "text", "text", "text"),
    *("int4", "text", "bool"),
    *("int8", "text", "text", "bool", "text"),
    *["int8"] * len(STYLE),
]

# One query for everything: rows of other tables are looked up vote by vote, so that the database,
# too, holds no more than the votes of a chunk.
QUERY = """
    SELECT vote.battle_id, vote.voter_id, vote.outcome, vote.cast_at AT TIME ZONE 'UTC',
        a.slug, b.slug, standing.standing, standing.code,
        coalesce(weight.tenths::int, 10), coalesce(weight.group, ''), voter.erased_at IS NOT NULL,
        turns.number, first.language, turns.topics, turns.fresh, conversation.said, {style}
    FROM battles_vote AS vote
    JOIN battles_battle AS battle ON battle.id = vote.battle_id
    JOIN battles_turn AS first ON first.battle_id = vote.battle_id AND first.number = 1
    JOIN voters_voter AS voter ON voter.id = vote.voter_id
    JOIN contestants_contestant AS a ON a.id = battle.contestant_a_id
    JOIN contestants_contestant AS b ON b.id = battle.contestant_b_id
    CROSS JOIN LATERAL (
        {standing}
    ) AS standing
    LEFT JOIN LATERAL (
        SELECT tenths, "group" FROM battles_voteweight
        WHERE vote_id = vote.id ORDER BY id DESC LIMIT 1
    ) AS weight ON standing.standing = 'counted'
    CROSS JOIN LATERAL (
        SELECT count(*) FILTER (WHERE side = 'a') AS number,
            string_agg(array_to_string(topics, ','), ',') FILTER (WHERE side = 'a') AS topics,
            bool_and(repeats_id IS NULL) AS fresh, {sums}
        FROM battles_turn AS turn JOIN battles_answer AS answer ON answer.turn_id = turn.id
        WHERE turn.battle_id = vote.battle_id AND {kept}
    ) AS turns
    LEFT JOIN LATERAL (
        SELECT json_agg(
            json_build_array(answer.side, turn.prompt, answer.text) ORDER BY turn.number
        ) AS said
        FROM battles_turn AS turn JOIN battles_answer AS answer ON answer.turn_id = turn.id
        WHERE turn.battle_id = vote.battle_id AND {kept}
    ) AS conversation ON battle.may_publish AND voter.erased_at IS NULL AND EXISTS (
        SELECT FROM battles_conversation WHERE battle_id = vote.battle_id AND hidden_at IS NULL
    )
    WHERE {condition}
    ORDER BY md5(vote.id || %(salt)s)
"""
SUMS = ", ".join(
    f"sum(style_{name}) FILTER (WHERE side = '{side}') AS {name}_{side}"
    for name in COUNTS
    for side in "ab"
)


def _query(chunk: _Chunk) -> str:
    """A query of the votes of a chunk; it may return others too."""
    conditions = [
        exported_sql("battle"),
        "vote.cast_at >= %(begin)s AND vote.cast_at < %(end)s",
    ]
    if chunk.languages is not None:
        conditions += [
            "first.language = ANY(%(languages)s)",
            "(vote.cast_at AT TIME ZONE 'UTC')::date = ANY(%(days)s)",
        ]
    style = ", ".join(f"turns.{name}" for name in STYLE)
    return QUERY.format(
        style=style,
        sums=SUMS,
        kept=kept_sql("turn"),
        standing=newest_standing_sql(columns="standing, code"),
        condition=" AND ".join(conditions),
    )


def _parameters(chunk: _Chunk) -> dict[str, Any]:
    return {
        "begin": _midnight(chunk.days[0]),
        "end": _midnight(chunk.days[-1]) + timedelta(days=1),
        "days": list(chunk.days),
        "languages": sorted(chunk.languages or ()),
    }


def _row(vote: _Vote, disclosure: Disclosure, pseudonyms: Pseudonyms) -> Row:
    voter = None if vote.erased else pseudonyms.voter(vote.voter, vote.cast_at.replace(tzinfo=UTC))
    return (
        pseudonyms.battle(vote.battle),
        vote.model_a,
        vote.model_b,
        WINNERS[vote.outcome],
        voter,
        *_conversations(vote.said),
        vote.turns,
        True,
        disclosure.language,
        _midnight(disclosure.since).timestamp() if disclosure.since else None,
        disclosure.period.value,
        sorted({topic for topic in vote.topics.split(",") if topic}) if vote.topics else [],
        vote.fresh,
        vote.standing,
        vote.code,
        vote.tenths / VoteWeight.FULL,
        vote.weight_group,
        *vote[-len(STYLE) :],
    )


def _conversations(said: str | None) -> tuple[Conversation | None, Conversation | None]:
    """The conversations with both sides, without personal data and secrets."""
    if said is None:
        return None, None
    sides: dict[str, Conversation] = {Side.A: [], Side.B: []}
    for side, prompt, answer in orjson.loads(said):
        sides[side] += (
            {"role": "user", "content": scrub(prompt)},
            {"role": "assistant", "content": scrub(answer)},
        )
    return sides[Side.A], sides[Side.B]


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
