"""Reads of exports, and of the votes that go into one."""

import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
from django.conf import settings
from django.db import connection
from django.db.models import Count
from django.db.models.functions import TruncDate

from arena.battles.models import Answer, Battle, Side, Turn
from arena.battles.text.personal import scrub
from arena.exports.anonymity import Cell, Epochs, Period, Pseudonyms, Shown, coarsened
from arena.exports.columns import COUNTS
from arena.exports.formats import Row
from arena.exports.models import Export
from ratings.models import Outcome

MANIFEST = "manifest.json"
BATCH = 4000  # votes read at a time
TEXTS = 100  # conversations read at a time: they may be long

Conversation = list[dict[str, str]]
WINNERS: dict[str, str] = {
    Outcome.A: "model_a",
    Outcome.B: "model_b",
    Outcome.TIE: "tie",
    Outcome.BOTH_BAD: "tie (bothbad)",
}


def exports() -> list[Export]:
    """The exports that can be fetched, the newest first."""
    return [export for export in Export.objects.all() if folder_of(export.name).is_dir()]


def votes_of(export: Export, *, counted: bool, begin: int, number: int) -> list[dict[str, Any]]:
    """Some of an export's votes in the order of its file, from the row `begin` on.

    Only the parts of the file that hold them are read.
    """
    path = folder_of(export.name) / f"{'votes' if counted else 'uncounted'}.parquet"
    return pl.scan_parquet(path).slice(begin, number).collect().to_dicts()


def folder_of(name: str) -> Path:
    return Path(settings.ARENA_EXPORTS) / name


def epochs() -> Epochs:
    return Epochs(list(Export.objects.order_by("made_at").values_list("made_at", flat=True)))


def shown_cells(smallest: int) -> dict[Cell, Shown]:
    """What is told of the votes of each language and day; see `coarsened`."""
    cells = (
        Turn.objects.filter(
            number=1,
            battle__mode=Battle.Mode.BLIND,
            battle__is_check=False,
            battle__vote__isnull=False,
        )
        .order_by()
        .annotate(day=TruncDate("battle__vote__cast_at", tzinfo=UTC))
        .values_list("language", "day")
        .annotate(votes=Count("pk"))
    )
    return coarsened({(language, day): votes for language, day, votes in cells}, smallest)


def vote_rows(shown: dict[Cell, Shown], pseudonyms: Pseudonyms) -> Iterator[list[Row]]:
    """Every vote as a row of `arena.exports.columns`, some thousand at a time.

    Rows of a day come together, days in order; then those of which only the month is told; then
    the others. Within each they stand in random order, so that it does not tell their time.

    The votes of check battles are left out: they are no opinion of the models. So are those of
    battles that were not blind.

    Call it in a transaction: it reads through a cursor of the database.
    """
    for chunk in _chunks(shown):
        with connection.chunked_cursor() as cursor:
            cursor.execute(_query(chunk), _parameters(chunk) | {"salt": pseudonyms.salt()})
            while votes := cursor.fetchmany(BATCH):
                yield from _rows(map(_Vote._make, votes), chunk, shown, pseudonyms)


class _Chunk(NamedTuple):
    """Votes whose time is told alike. `languages` are those they may be in; None: any."""

    period: Period
    since: date | None
    languages: frozenset[str] | None


def _chunks(shown: dict[Cell, Shown]) -> list[_Chunk]:
    days = {told.since for told in shown.values() if told.period == Period.DAY}
    coarse: dict[tuple[Period, date | None], set[str]] = {}
    for (language, _), told in shown.items():
        if told.period != Period.DAY:
            coarse.setdefault((told.period, told.since), set()).add(language)
    return [
        *(_Chunk(Period.DAY, day, None) for day in sorted(day for day in days if day)),
        *(
            _Chunk(period, since, frozenset(languages))
            for (period, since), languages in sorted(
                coarse.items(), key=lambda item: (item[0][1] is None, item[0][1])
            )
        ),
    ]


class _Vote(NamedTuple):
    """What the query gives of a vote; the style of all answers of a side together."""

    battle: str
    voter: str
    outcome: str
    cast_at: datetime
    model_a: str
    model_b: str
    standing: str
    code: str
    turns: int
    language: str
    topics: str
    fresh: bool
    style: list[int]
    erased: bool
    published: bool


# One query for everything: rows of other tables are looked up vote by vote, so that the database,
# too, holds no more than the votes of a chunk.
QUERY = """
    SELECT vote.battle_id::text, vote.voter_id::text, vote.outcome, vote.cast_at, a.slug, b.slug,
        standing.standing, standing.code, turns.number, turns.language, turns.topics, turns.fresh,
        style.sums, voter.erased_at IS NOT NULL, battle.may_publish AND voter.erased_at IS NULL
    FROM battles_vote AS vote
    JOIN battles_battle AS battle ON battle.id = vote.battle_id
    JOIN voters_voter AS voter ON voter.id = vote.voter_id
    JOIN contestants_contestant AS a ON a.id = battle.contestant_a_id
    JOIN contestants_contestant AS b ON b.id = battle.contestant_b_id
    CROSS JOIN LATERAL (
        SELECT standing, code FROM battles_votestanding
        WHERE vote_id = vote.id ORDER BY id DESC LIMIT 1
    ) AS standing
    CROSS JOIN LATERAL (
        SELECT count(*) AS number, (array_agg(language ORDER BY number))[1] AS language,
            string_agg(array_to_string(topics, ','), ',') AS topics,
            bool_and(repeats_id IS NULL) AS fresh
        FROM battles_turn WHERE battle_id = vote.battle_id AND dropped = ''
    ) AS turns
    CROSS JOIN LATERAL (
        SELECT ARRAY[{sums}] AS sums
        FROM battles_turn AS turn JOIN battles_answer AS answer ON answer.turn_id = turn.id
        WHERE turn.battle_id = vote.battle_id AND turn.dropped = ''
    ) AS style
    WHERE {condition}
    ORDER BY md5(vote.id || %(salt)s)
"""
SUMS = ", ".join(
    f"sum(style_{name}) FILTER (WHERE side = '{side}')" for name in COUNTS for side in "ab"
)


def _query(chunk: _Chunk) -> str:
    """The query of the votes of a chunk, and maybe of others."""
    conditions = ["NOT battle.is_check", "battle.mode = 'blind'"]
    if chunk.since is not None:
        conditions.append("vote.cast_at >= %(begin)s AND vote.cast_at < %(end)s")
    if chunk.languages is not None:
        conditions.append("turns.language = ANY(%(languages)s)")
    return QUERY.format(sums=SUMS, condition=" AND ".join(conditions))


def _parameters(chunk: _Chunk) -> dict[str, Any]:
    parameters: dict[str, Any] = {"languages": sorted(chunk.languages or ())}
    if chunk.since is not None:
        longest = timedelta(days=1 if chunk.period == Period.DAY else 31)
        begin = _midnight(chunk.since)
        parameters |= {"begin": begin, "end": begin + longest}
    return parameters


def _rows(
    votes: Iterable[_Vote], chunk: _Chunk, shown: dict[Cell, Shown], pseudonyms: Pseudonyms
) -> Iterator[list[Row]]:
    told = [vote for vote in votes if _told(vote, shown) == (chunk.period, chunk.since)]
    silent = [vote for vote in told if not vote.published]
    yield [_row(vote, shown, pseudonyms) for vote in silent]
    published = [vote for vote in told if vote.published]
    for start in range(0, len(published), TEXTS):
        part = published[start : start + TEXTS]
        texts = _conversations([vote.battle for vote in part])
        yield [_row(vote, shown, pseudonyms, texts[vote.battle]) for vote in part]


def _told(vote: _Vote, shown: dict[Cell, Shown]) -> tuple[Period, date | None]:
    cell = shown[vote.language, vote.cast_at.date()]
    return cell.period, cell.since


def _row(
    vote: _Vote,
    shown: dict[Cell, Shown],
    pseudonyms: Pseudonyms,
    texts: tuple[Conversation | None, Conversation | None] = (None, None),
) -> Row:
    told = shown[vote.language, vote.cast_at.date()]
    return (
        pseudonyms.battle(vote.battle),
        vote.model_a,
        vote.model_b,
        WINNERS[vote.outcome],
        None if vote.erased else pseudonyms.voter(vote.voter, vote.cast_at),
        *texts,
        vote.turns,
        True,
        told.language,
        _midnight(told.since).timestamp() if told.since else None,
        told.period.value,
        sorted({topic for topic in vote.topics.split(",") if topic}),
        vote.fresh,
        vote.standing,
        vote.code,
        *vote.style,
    )


def _conversations(battles: Sequence[str]) -> dict[str, tuple[Conversation, Conversation]]:
    """What was said on both sides of battles, personal data and secrets taken out."""
    said: dict[str, tuple[Conversation, Conversation]] = {battle: ([], []) for battle in battles}
    answers = (
        Answer.objects.filter(
            turn__battle__in=[uuid.UUID(battle) for battle in battles], turn__dropped=""
        )
        .order_by("turn__battle", "turn__number", "side")
        .values_list("turn__battle", "turn__prompt", "side", "text")
    )
    for battle, prompt, side, text in answers:
        said[str(battle)][side == Side.B].extend(
            (
                {"role": "user", "content": scrub(prompt)},
                {"role": "assistant", "content": scrub(text)},
            )
        )
    return said


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
