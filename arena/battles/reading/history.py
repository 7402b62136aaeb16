"""A voter's own battles: newest first, searched, and rated by their own votes alone."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple, Self

import numpy as np
from django.db.models import Count, OuterRef, Prefetch, Q, QuerySet, Subquery

from arena.battles.models import Battle, Turn, Vote, VoteStanding
from arena.battles.prompts.images import data_url
from arena.battles.reading.battle_view import BattleView, battle_view
from arena.battles.reading.vote_reports import VoteReport, reports_of
from arena.contestants.models import Contestant
from arena.voters.people import accounts_of
from ratings import engine

PAGE = 20
EXPORTED_AT_A_TIME = 100
WEIGHTS_SHOWN = 10  # of a vote, the newest; the export has all
LEAST_VOTES = 30


@dataclass(frozen=True, slots=True)
class Cursor:
    """Where a page of a history ends: battles after it are older."""

    created_at: datetime
    battle_id: uuid.UUID

    @classmethod
    def parsed(cls, text: str) -> Self:
        """The inverse of `str`.

        Raises:
            ValueError: the text is no cursor.
        """
        moment, _, battle_id = text.partition("_")
        return cls(datetime.fromisoformat(moment), uuid.UUID(battle_id))

    def __str__(self) -> str:
        return f"{self.created_at.isoformat()}_{self.battle_id}"


class Entry(NamedTuple):
    """A battle of a history, and the report on its vote, if there is one."""

    battle: Battle
    report: VoteReport | None


@dataclass(frozen=True, slots=True)
class HistoryPage:
    """Some battles, newest first, and where the older ones begin, if there are any."""

    entries: list[Entry]
    older: Cursor | None


def history_page(
    voter_id: uuid.UUID, *, before: Cursor | None = None, words: str = "", size: int = PAGE
) -> HistoryPage:
    """The battles of a voter and of the guests merged into it, newest first.

    With `words`, those with a prompt that has them, in upper or lower case. A page takes the same
    few queries however long the history is.
    """
    ids = _newest(voter_id, before, words, size + 1)
    battles = list(
        Battle.objects.filter(pk__in=ids[:size])
        .select_related("contestant_a", "contestant_b", "vote")
        .prefetch_related(
            Prefetch("turns", Turn.objects.kept().select_related("image")),
        )
        .order_by("-created_at", "-pk")
    )
    last = battles[-1] if len(ids) > size else None
    entries = _reported(battles, most=WEIGHTS_SHOWN)
    return HistoryPage(entries, Cursor(last.created_at, last.pk) if last else None)


def _reported(battles: Iterable[Battle], *, most: int | None = None) -> list[Entry]:
    """Battles of one person with the reports on their votes."""
    listed = list(battles)
    votes = [battle.vote for battle in listed if battle.state == Battle.State.VOTED]
    reports = {report.vote.battle_id: report for report in reports_of(votes, most=most)}
    return [Entry(battle, reports.get(battle.pk)) for battle in listed]


def _newest(voter_id: uuid.UUID, before: Cursor | None, words: str, limit: int) -> list[uuid.UUID]:
    """The ids of the newest battles: of each voter by the index, then of all together."""
    voters = {voter_id, *accounts_of(voter_id).values_list("pk", flat=True)}
    first, *others = (_of_one(voter, before, words)[:limit] for voter in voters)
    found = first.union(*others, all=True).order_by("-created_at", "-pk") if others else first
    return [pk for _, pk in found[:limit]]


def _of_one(
    voter: uuid.UUID, before: Cursor | None, words: str
) -> QuerySet[Battle, tuple[datetime, uuid.UUID]]:
    battles = Battle.objects.filter(voter=voter, erased_at=None)
    if before is not None:
        battles = battles.filter(
            Q(created_at__lt=before.created_at) | Q(pk__lt=before.battle_id),
            created_at__lte=before.created_at,
        )
    if words:
        # A scalar subquery is looked up battle by battle, newest first, until the page is full.
        said = Turn.objects.filter(battle=OuterRef("pk"), prompt__icontains=words)
        battles = battles.alias(said=Subquery(said.values("pk")[:1])).exclude(said=None)
    return battles.order_by("-created_at", "-pk").values_list("created_at", "pk")


def exported(voter_id: uuid.UUID) -> Iterator[list[BattleView]]:
    """All battles of a voter as its export has them, newest first, some at a time.

    Images are in them as data URLs; at most one of those that come together has any.
    """
    before: Cursor | None = None
    while True:
        ids = _newest(voter_id, before, "", EXPORTED_AT_A_TIME + 1)
        battles = list(
            Battle.objects.filter(pk__in=ids[:EXPORTED_AT_A_TIME])
            .select_related("contestant_a", "contestant_b", "vote__reaction", "conversation")
            .prefetch_related(
                Prefetch("turns", Turn.objects.select_related("image")),
                "turns__answers",
            )
            .order_by("-created_at", "-pk")
        )
        together: list[BattleView] = []
        for battle, report in _reported(battles):
            view = battle_view(battle, report)
            together.append(view)
            if _with_images(view, battle):
                yield together
                together = []
        yield together
        if len(ids) <= EXPORTED_AT_A_TIME:
            return
        before = Cursor(battles[-1].created_at, battles[-1].pk)


def _with_images(view: BattleView, battle: Battle) -> bool:
    """Put the images of a battle into its view; returns whether it has any."""
    names = {turn.number: turn.image.name for turn in battle.turns.all() if hasattr(turn, "image")}
    for turn in view["turns"]:
        if turn["image"]:
            # A file that was lost must not hold back all the rest.
            with suppress(FileNotFoundError):
                turn["image"]["url"] = data_url(names[turn["number"]])
    return bool(names)


@dataclass(frozen=True, slots=True)
class VoterLeaderboard:
    """What a voter's own votes say; no rows until there are `LEAST_VOTES`."""

    votes: int
    least: int
    rows: list["OwnRow"]


@dataclass(frozen=True, slots=True)
class OwnRow:
    contestant: Contestant
    rank: int
    rating: float
    lower: float
    upper: float
    votes: int


def voter_leaderboard(voter_id: uuid.UUID) -> VoterLeaderboard:
    """Bradley-Terry ratings of the votes of one voter, and of the guests merged into it.

    Votes that are excluded, for the battle was not blind, are left out; votes that are held are
    in. The intervals are those of so few votes: wide.
    """
    counted = (
        Vote.objects.filter(battle__in=Battle.objects.of_person(voter_id).filter(erased_at=None))
        .with_standing()
        .exclude(standing=VoteStanding.Standing.EXCLUDED)
        .order_by()
        .values_list("battle__contestant_a", "battle__contestant_b", "outcome")
        .annotate(votes=Count("pk"))
    )
    counts = list(counted)
    votes = sum(count for *_, count in counts)
    if votes < LEAST_VOTES:
        return VoterLeaderboard(votes, LEAST_VOTES, [])
    met = Contestant.objects.in_bulk({pk for a, b, *_ in counts for pk in (a, b)})
    contestants = sorted(met.values(), key=lambda contestant: contestant.name)
    place = {contestant.pk: number for number, contestant in enumerate(contestants)}
    columns = [
        (place[a], place[b], engine.OUTCOMES.index(outcome), count)
        for a, b, outcome, count in counts
    ]
    a, b, outcome, times = np.array(columns, dtype=np.intp).T
    table = engine.PairTable.from_votes(
        [contestant.slug for contestant in contestants],
        *(np.repeat(column, times) for column in (a, b, outcome)),
    )
    board = engine.fit(table)
    rows = [
        OwnRow(
            contestant=contestants[i],
            rank=int(board.rank[i]),
            rating=float(board.ratings[i]),
            lower=float(board.lower[i]),
            upper=float(board.upper[i]),
            votes=int(board.votes[i]),
        )
        for i in board.order()
    ]
    return VoterLeaderboard(votes, LEAST_VOTES, rows)
