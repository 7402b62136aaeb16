"""Reads of exports, and of the votes that go into one."""

import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from django.conf import settings
from django.db.models import CharField, Count, F, OuterRef, QuerySet, Subquery, Sum, Value
from django.db.models.functions import MD5, Cast, Concat, TruncDate

from arena.battles.models import Answer, Turn, Vote, VoteStanding
from arena.exports.anonymity import Cell, Epochs, Period, Pseudonyms, Shown, coarsened
from arena.exports.columns import COUNTS
from arena.exports.formats import Row
from arena.exports.models import Export
from ratings.models import Outcome

MANIFEST = "manifest.json"
BATCH = 4000
WINNERS = {
    Outcome.A: "model_a",
    Outcome.B: "model_b",
    Outcome.TIE: "tie",
    Outcome.BOTH_BAD: "tie (bothbad)",
}


def exports() -> list[Export]:
    """The exports that can be fetched, the newest first."""
    return [export for export in Export.objects.all() if folder_of(export.name).is_dir()]


def folder_of(name: str) -> Path:
    return Path(settings.ARENA_EXPORTS) / name


def epochs() -> Epochs:
    return Epochs(list(Export.objects.order_by("made_at").values_list("made_at", flat=True)))


def shown_cells(smallest: int) -> dict[Cell, Shown]:
    """What is told of the votes of each language and day; see `coarsened`."""
    cells = (
        Turn.objects.filter(number=1, battle__vote__isnull=False)
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

    Call it in a transaction: it reads through a cursor of the database.
    """
    for chunk in _chunks(shown):
        votes = _votes(chunk).annotate(
            place=MD5(Concat(Cast("pk", CharField()), Value(pseudonyms.salt())))
        )
        listed = votes.order_by("place").values_list(*_Vote._fields)
        batch = []
        for values in listed.iterator(chunk_size=BATCH):
            batch.append(_Vote(*values))
            if len(batch) == BATCH:
                yield _rows(batch, chunk, shown, pseudonyms)
                batch = []
        if batch:
            yield _rows(batch, chunk, shown, pseudonyms)


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
    """What the first query gives of a vote."""

    battle_id: uuid.UUID
    voter_id: uuid.UUID
    outcome: str
    cast_at: datetime
    model_a: str
    model_b: str
    standing: str
    code: str


def _votes(chunk: _Chunk) -> QuerySet[Vote]:
    """The votes of a chunk, and maybe others."""
    newest = VoteStanding.objects.filter(vote=OuterRef("pk")).order_by("-id")
    votes = Vote.objects.filter(battle__is_check=False).annotate(
        model_a=F("battle__contestant_a__slug"),
        model_b=F("battle__contestant_b__slug"),
        standing=Subquery(newest.values("standing")[:1]),
        code=Subquery(newest.values("code")[:1]),
    )
    if chunk.languages is not None:
        votes = votes.filter(
            battle__turns__number=1, battle__turns__language__in=sorted(chunk.languages)
        )
    if chunk.since is None:
        return votes
    begin = _midnight(chunk.since)
    longest = timedelta(days=1 if chunk.period == Period.DAY else 31)
    return votes.filter(cast_at__gte=begin, cast_at__lt=begin + longest)


def _rows(
    votes: Sequence[_Vote], chunk: _Chunk, shown: dict[Cell, Shown], pseudonyms: Pseudonyms
) -> list[Row]:
    battles = [vote.battle_id for vote in votes]
    turns = _turns(battles)
    style = _style(battles)
    rows: list[Row] = []
    for vote in votes:
        first, *_ = own = turns[vote.battle_id]
        told = shown[first.language, vote.cast_at.date()]
        if (told.period, told.since) != (chunk.period, chunk.since):
            continue
        row: dict[str, Any] = {
            "question_id": pseudonyms.battle(vote.battle_id),
            "model_a": vote.model_a,
            "model_b": vote.model_b,
            "winner": WINNERS[Outcome(vote.outcome)],
            "judge": pseudonyms.voter(vote.voter_id, vote.cast_at),
            "conversation_a": None,
            "conversation_b": None,
            "turn": len(own),
            "anony": True,
            "language": told.language,
            "tstamp": _midnight(told.since).timestamp() if told.since else None,
            "period": told.period.value,
            "topics": sorted({topic for turn in own for topic in turn.topics}),
            "fresh": all(turn.repeats_id is None for turn in own),
            "standing": vote.standing,
            "reason": vote.code,
        }
        rows.append(row | style[vote.battle_id])
    return rows


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=UTC)


class _Turn(NamedTuple):
    language: str
    topics: list[str]
    repeats_id: int | None


def _turns(battles: Sequence[uuid.UUID]) -> dict[uuid.UUID, list[_Turn]]:
    turns: dict[uuid.UUID, list[_Turn]] = {}
    listed = Turn.objects.filter(battle__in=battles).order_by("battle", "number")
    for battle, *values in listed.values_list("battle", *_Turn._fields):
        turns.setdefault(battle, []).append(_Turn(*values))
    return turns


def _style(battles: Sequence[uuid.UUID]) -> dict[uuid.UUID, dict[str, int]]:
    """How the answers of each side look, all turns together; as `count_vote` sums them."""
    style: dict[uuid.UUID, dict[str, int]] = {}
    summed = (
        Answer.objects.filter(turn__battle__in=battles)
        .order_by()
        .values_list("turn__battle", "side")
        .annotate(*(Sum(f"style_{name}") for name in COUNTS))
    )
    for battle, side, *sums in summed:
        named = {f"{name}_{side}": value for name, value in zip(COUNTS, sums, strict=True)}
        style.setdefault(battle, {}).update(named)
    return style
