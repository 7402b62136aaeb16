"""Reads of boards."""

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

import numpy as np
from django.core.cache import caches
from django.db.models import BinaryField, Exists, F, Func, OuterRef, Q, QuerySet, Sum
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from numpy.typing import NDArray

from arena.contestants.models import Contestant
from arena.contestants.selectors import drawable_contestants
from arena.voters.models import CLUSTERS
from ratings import core, proof
from ratings.boards import OVERALL
from ratings.models import (
    DISCOUNT_COLUMNS,
    DISCOUNTED,
    Board,
    Leaderboard,
    Link,
    PairDay,
    Pairing,
    PairTotal,
    RatingPoint,
    SigningKey,
    Snapshot,
    Style,
    Ticker,
    Window,
    WindowStart,
)


class Variant(NamedTuple):
    """One leaderboard: a board, whether style is held equal, and the window of its votes."""

    board: Board
    style: Style = Style.PLAIN
    window: Window = Window.ALL


def boards() -> QuerySet[Board]:
    """The boards to choose from: overall, and every other one that has votes."""
    voted = Leaderboard.objects.filter(board=OuterRef("pk"), votes__gt=0)
    return Board.objects.filter(Q(slug=OVERALL) | Exists(voted))


def vote_count() -> int:
    """How many votes count on the overall board, as last fitted."""
    fitted = Leaderboard.objects.filter(board__slug=OVERALL, style=Style.PLAIN, window=Window.ALL)
    return fitted.values_list("votes", flat=True).first() or 0


@dataclass(frozen=True, slots=True)
class Counts:
    """The counts of a leaderboard as the rating core takes them.

    `ids` and `organisations` are those of the tables' models. `styled` is None where style is
    not controlled. `changes` grows with every change of the counts; `pair_changes`, shape
    (pairs, 3), has two ids and the changes of each pair that was ever counted. `by_cluster`, shape
    (2, pairs, clusters), has the votes and half points of each cluster of voters, where asked.

    Counts are sums of the votes' weights; `as_cast` has the table of the votes as they were cast,
    None where all weigh 1.
    """

    ids: list[int]
    organisations: list[str]
    table: core.PairTable
    styled: core.StyledTable | None
    changes: int
    pair_changes: NDArray[np.int64]
    since: date | None
    by_cluster: core.tables.Floats | None = None
    as_cast: core.PairTable | core.StyledTable | None = None

    def clusters(self, conventions: core.Conventions) -> core.Clusters | None:
        """The sums of clusters at the fit; None where some votes are in no cluster."""
        if self.by_cluster is None:
            return None
        votes, half_points = self.by_cluster
        in_tenths = np.rint(10 * votes.sum(axis=1)), np.rint(10 * self.table.votes)
        if not np.array_equal(in_tenths[0], in_tenths[1]):
            return None
        strengths, prior = core.bradley_terry.solve(self.table, conventions)
        return core.Clusters.of_groups(self.table, strengths, prior, votes, half_points / 2)

    def digest(self) -> str:
        return (self.styled or self.table).digest()

    def as_counts(self) -> list[list[Any]]:
        return (self.styled or self.table).as_counts()

    def counts_as_cast(self) -> list[list[Any]] | None:
        """Those of the pairs of which they differ; None: all votes weigh 1."""
        if self.as_cast is None:
            return None
        return core.snapshots.differing(self.as_cast, self.styled or self.table)


def counts_of(variant: Variant, *, by_cluster: bool = False, as_cast: bool = False) -> Counts:
    """The counts of a leaderboard's window, from as many rows as there are pairs.

    Args:
        by_cluster: those of each cluster of voters, too.
        as_cast: count each vote as 1, whatever it weighs.
    """
    board, style, window = variant
    is_styled = style == Style.CONTROLLED
    columns = ["first_id", "second_id", *DISCOUNT_COLUMNS, "changes"]
    arrays: dict[str, tuple[str, int]] = {}
    if by_cluster:
        arrays["voters"] = ">i4", 2 * CLUSTERS
    if is_styled:
        arrays |= {"cells": (">i4", core.GRID.cells * 3), "sums": (">i8", core.GRID.ranges)}
    asked = [_binary(name) for name in arrays]
    if not as_cast:
        parts = ["outcomes", *arrays]
        asked.append(_binary("discount", max(DISCOUNTED[part].stop for part in parts)))
    totals = PairTotal.objects.filter(board=board, window=window).order_by("first_id", "second_id")
    rows = list(totals.values_list(*columns, *asked))
    numbers = np.array([row[:7] for row in rows], dtype=np.int64).reshape(-1, 7)
    kept = numbers[:, 2:6].any(axis=1)
    pairs = numbers[kept, :2]
    counted = {"outcomes": numbers[kept, 2:6].astype(np.float64)}
    for place, (name, (kind, length)) in enumerate(arrays.items(), start=7):
        counted[name] = _integers([row[place] for row in rows], length, kind)[kept]
    ids = np.unique(pairs)
    contestants = Contestant.objects.filter(pk__in=ids.tolist()).order_by("pk")
    listed = list(contestants.values_list("slug", "organisation"))
    models = tuple(slug for slug, _ in listed)
    first, second = np.searchsorted(ids, pairs[:, 0]), np.searchsorted(ids, pairs[:, 1])

    def tables(
        counts: dict[str, core.tables.Floats],
    ) -> tuple[core.PairTable, core.StyledTable | None]:
        table = core.PairTable(models, first, second, *counts["outcomes"].T)
        if not is_styled:
            return table, None
        cells = counts["cells"].reshape(-1, core.GRID.cells, 3)
        return table, core.StyledTable(models, first, second, cells, counts["sums"])

    cast = None
    discounts = [] if as_cast else [rows[place][-1] for place in np.flatnonzero(kept)]
    if any(discount is not None for discount in discounts):
        weighed = _weighed(counted, discounts)
        if any(not np.array_equal(weighed[name], counts) for name, counts in counted.items()):
            table, styled = tables(counted)
            cast, counted = styled or table, weighed
    table, styled = tables(counted)
    clusters = None
    if by_cluster:
        clusters = counted["voters"].reshape(-1, 2, CLUSTERS).transpose(1, 0, 2)
    return Counts(
        ids=ids.tolist(),
        organisations=[organisation for _, organisation in listed],
        table=table,
        styled=styled,
        changes=int(numbers[:, 6].sum()),
        pair_changes=numbers[:, [0, 1, 6]],
        since=_first_day(window),
        by_cluster=clusters,
        as_cast=cast,
    )


def _weighed(
    counted: dict[str, core.tables.Floats], discounts: Sequence[bytes | None]
) -> dict[str, core.tables.Floats]:
    """The counts of pairs with what weights take off, computed in tenths to be exact."""
    given = [place for place, discount in enumerate(discounts) if discount is not None]
    read = [discount for discount in discounts if discount is not None]
    length = max(DISCOUNTED[name].stop for name in counted)
    off = np.zeros((len(discounts), length))
    off[given] = _integers(read, length, ">i8")
    return {name: (10 * counts - off[:, DISCOUNTED[name]]) / 10 for name, counts in counted.items()}


def _first_day(window: Window) -> date | None:
    if window == Window.ALL:
        return None
    return WindowStart.objects.values_list("first_day", flat=True).get(window=window)


def _binary(column: str, end: int | None = None) -> Func:
    """An array column, up to a place, in PostgreSQL's form, which needs no number to be parsed."""
    part = "" if end is None else f"[1:{end}]"
    template = f"array_send((%(expressions)s){part})"
    return Func(column, template=template, output_field=BinaryField())


def _integers(rows: Sequence[bytes], length: int, kind: str) -> core.tables.Floats:
    """What `array_send` wrote: 20 bytes about the array, then size and value of each number."""
    element = np.dtype([("size", ">i4"), ("value", kind)])
    row = np.dtype([("head", "V20"), ("elements", element, (length,))])
    read = np.frombuffer(b"".join(rows), dtype=row)
    return read["elements"]["value"].astype(np.float64).reshape(-1, length)


def due_variants(slug: str | None = None) -> Iterator[Variant]:
    """The leaderboards whose counts changed since their fit: overall first, then the oldest fit."""
    totals = PairTotal.objects.all()
    if slug is not None:
        totals = totals.filter(board__slug=slug)
    changes = {
        (board, window): total
        for board, window, total in totals.values_list("board", "window").annotate(Sum("changes"))
    }
    fits = {
        (fit.board_id, fit.style, fit.window): fit
        for fit in Leaderboard.objects.filter(board__in={board for board, _ in changes}).only(
            "board", "style", "window", "changes", "fitted_at"
        )
    }
    boards = Board.objects.in_bulk({board for board, _ in changes})
    due = []
    for (board, window), total in changes.items():
        for style in Style:
            fit = fits.get((board, style, window))
            if fit is None or fit.changes != total:
                age = fit.fitted_at.timestamp() if fit else 0.0
                variant = Variant(boards[board], style, Window(window))
                overall = variant.board.slug == OVERALL
                due.append(
                    (not overall, variant.style != Style.PLAIN if overall else 0, age, variant)
                )
    due.sort(key=lambda entry: entry[:3])
    return iter([variant for *_, variant in due])


REASONS = {
    "no votes": _("no votes yet"),
    "no wins": _("never won"),
    "no losses": _("never lost"),
    "not connected": _("wins and losses do not link it to the others"),
    "few votes": _("few votes"),
    "few voters": _("few voters"),
}
"""Why a model is preliminary, by the mark of the rating core."""


@dataclass(frozen=True, slots=True)
class LeaderboardRow:
    """A contestant's line on a board; ratings in Elo-scale points, ranks from 1.

    `first` is the probability of being first, `tie_rating` the rating by the model of ties
    (None where style is controlled), `elo` the live ticker. `rating_as_cast` and `votes_as_cast`
    count each vote as 1, whatever it weighs; None where all weigh 1. `entries` are those of its
    organisation; at the best of several, `luck` is what it is expected to gain by chance alone.
    `marks` say why a model is preliminary, as `core.Leaderboard` does.
    """

    contestant: Contestant
    rating: float
    lower: float
    upper: float
    rank: int
    rank_low: int
    rank_high: int
    votes: int
    first: float
    tie_rating: float | None
    rating_as_cast: float | None
    votes_as_cast: int | None
    elo: float | None
    preliminary: bool
    marks: tuple[str, ...]
    entries: int
    luck: float
    bar_left: float  # per cent of the board's range, for drawing the interval
    bar_point: float
    bar_width: float

    @property
    def reason(self) -> str:
        """Why the model is preliminary, for people."""
        return ", ".join(str(REASONS[mark]) for mark in self.marks)

    @property
    def points_of_weights(self) -> str:
        """The rating minus that of the votes as cast, with its sign."""
        points = round(self.rating - (self.rating_as_cast or self.rating), 1)
        return f"{points:+.1f}".replace("-", "\N{MINUS SIGN}") if points else "0.0"

    @property
    def percent_first(self) -> str:
        """The chance to be first in per cent; never 0 or 100, which no votes can show."""
        if self.first < 0.001:
            return "<0.1"
        return ">99.9" if self.first > 0.999 else f"{100 * self.first:.1f}"


@dataclass(frozen=True, slots=True)
class LeaderboardView:
    """A leaderboard ready to be shown, best contestant first."""

    board: Board
    style: Style
    window: Window
    updated_at: datetime | None
    since: date | None
    votes: int
    rows: list[LeaderboardRow]
    notes: dict[str, Any]
    clustered: bool = False
    """Whether intervals are clustered by voter; else each vote is taken for another voter's."""

    @property
    def intervals(self) -> str:
        """What intervals go by."""
        return "by voter" if self.clustered else "by vote"

    @property
    def is_weighed(self) -> bool:
        """Whether some vote weighs less than 1."""
        return any(row.rating_as_cast is not None for row in self.rows)

    @property
    def fragility(self) -> "FragilityView | None":
        """How few votes carry the first place; None where it was not asked."""
        found = self.notes.get("fragility")
        names = {row.contestant.slug: row.contestant.name for row in self.rows}
        if not found or not {found["first"], found["second"]} <= names.keys():
            return None
        first, second = names[found["first"]], names[found["second"]]
        return FragilityView(first, second, found["votes"], found["share"])

    @property
    def multiplicity(self) -> list["MultiplicityView"]:
        """What luck alone gives the best of each organisation with at least two entries."""
        return [
            MultiplicityView(organisation, found["entries"], found["gain"])
            for organisation, found in sorted(self.notes.get("multiplicity", {}).items())
        ]

    @property
    def style_effects(self) -> list["StyleEffect"]:
        """What each feature of style is worth, where it is controlled."""
        return [StyleEffect(**effect) for effect in self.notes.get("style", [])]


@dataclass(frozen=True, slots=True)
class StyleEffect:
    """A feature's coefficient and its 95% interval, in log-odds for (a - b) / (a + b) = 1."""

    name: str
    coefficient: float
    lower: float
    upper: float


@dataclass(frozen=True, slots=True)
class FragilityView:
    """How many votes would have to go for another, `second`, to pass `first`; None: none found."""

    first: str
    second: str
    votes: int | None
    share: float | None

    @property
    def percent(self) -> str:
        """The share in per cent, to three digits."""
        percent = 100 * (self.share or 0.0)
        return f"{float(f'{percent:.3g}'):g}" if percent >= 0.001 else "<0.001"


@dataclass(frozen=True, slots=True)
class MultiplicityView:
    """An organisation's entries and the points its best gains by luck alone, in expectation."""

    organisation: str
    entries: int
    gain: float


def leaderboard(
    board: Board, style: Style = Style.PLAIN, window: Window = Window.ALL
) -> LeaderboardView:
    """The latest fit of a board."""
    fitted = Leaderboard.objects.filter(board=board, style=style, window=window).first()
    if fitted is None:
        return LeaderboardView(board, style, window, None, None, 0, [], {})
    contestants = Contestant.objects.in_bulk([row["contestant"] for row in fitted.rows])
    elo = dict(Ticker.objects.values_list("contestant", "elo"))
    luck, seen = fitted.notes.get("multiplicity", {}), set[str]()
    low = min((row["lower"] for row in fitted.rows), default=0.0)
    span = max((row["upper"] for row in fitted.rows), default=1.0) - low or 1.0
    rows = [
        LeaderboardRow(
            contestant=contestants[row["contestant"]],
            **{key: row[key] for key in ("rating", "lower", "upper", "votes", "first")},
            **{key: row[key] for key in ("rank", "rank_low", "rank_high")},
            tie_rating=row.get("tie_rating"),
            rating_as_cast=row.get("rating_as_cast"),
            votes_as_cast=row.get("votes_as_cast"),
            elo=elo.get(row["contestant"]),
            preliminary=bool(row["marks"]),
            marks=tuple(row["marks"]),
            **_entries(contestants[row["contestant"]].organisation, luck, seen),
            bar_left=100 * (row["lower"] - low) / span,
            bar_point=100 * (row["rating"] - low) / span,
            bar_width=100 * (row["upper"] - row["lower"]) / span,
        )
        for row in fitted.rows
    ]
    return LeaderboardView(
        board,
        style,
        window,
        fitted.fitted_at,
        fitted.since,
        fitted.votes,
        rows,
        fitted.notes,
        clustered=fitted.clusters is not None,
    )


def _entries(organisation: str, luck: dict[str, Any], seen: set[str]) -> dict[str, Any]:
    """Of how many entries a row is one; the first one seen, the best, bears their luck."""
    found = luck.get(organisation, {"entries": 1, "gain": 0.0})
    best = organisation not in seen
    seen.add(organisation)
    return {"entries": found["entries"], "luck": found["gain"] if best else 0.0}


@dataclass(frozen=True, slots=True)
class PairRecord:
    """How the battles of a pair ended; `share` is the first one's points, half of one a draw."""

    first: str
    second: str
    first_wins: int
    second_wins: int
    ties: int
    both_bad: int
    share: float


def win_matrix(board: Board, window: Window = Window.ALL) -> list[PairRecord]:
    """Every pair that met on a board, in order of names."""
    return [
        PairRecord(
            first,
            second,
            wins,
            losses,
            ties,
            both_bad,
            share=(wins + (ties + both_bad) / 2) / (wins + losses + ties + both_bad),
        )
        for first, second, wins, losses, ties, both_bad in counts_of(
            Variant(board, Style.PLAIN, window), as_cast=True
        ).as_counts()
    ]


EXPLORATION = 0.1  # of the battles are drawn from all pairs alike
NEWCOMER_VOTES = 100  # a contestant with fewer is new
NEWCOMER_SHARE = 2  # and is in at most this many times an even share of the battles
PAIRING_SECONDS = 30  # how long a process goes by the same fit

Drawable = tuple[tuple[int, bool], ...]
"""Contestants that may be drawn: their ids, in order, and whether they are provisional."""


def drawable(*, taking_images: bool = False) -> Drawable:
    """All that may be drawn, or only those that take images."""
    listed = drawable_contestants().order_by("pk")
    if taking_images:
        listed = listed.filter(takes_images=True)
    return tuple(
        (pk, state == Contestant.State.PROVISIONAL)
        for pk, state in listed.values_list("pk", "state")
    )


def pairing(contestants: Drawable) -> core.tables.Floats:
    """The chance of each pair to meet in the next battle; symmetric, (contestants, contestants).

    A row's sum is a contestant's sampling rate: the share of battles that it is in. Pairs are
    drawn in proportion to the expected drop in interval width by the latest fit of the overall
    board (Chiang et al. 2024, arXiv 2403.04132, section 5), all alike until there is one.
    """
    key = f"ratings:pairing:{hashlib.sha256(repr(contestants).encode()).hexdigest()}"
    probabilities = caches["process"].get(key)
    if probabilities is None:
        probabilities = _pairing(contestants)
        caches["process"].set(key, probabilities, PAIRING_SECONDS)
    found: core.tables.Floats = probabilities
    return found


def _pairing(contestants: Drawable) -> core.tables.Floats:
    n = len(contestants)
    fit = Pairing.objects.filter(board__slug=OVERALL).first()
    places = {pk: place for place, pk in enumerate(fit.contestants)} if fit else {}
    known = [(here, places[pk]) for here, (pk, _) in enumerate(contestants) if pk in places]
    gain = np.zeros((n, n))
    votes = np.zeros(n)
    if fit is not None and len(known) > 1:
        here, there = (list(index) for index in zip(*known, strict=True))
        gain[np.ix_(here, here)] = np.array(fit.gain)[np.ix_(there, there)]
        votes[here] = np.array(fit.votes)[there]
        unknown = np.setdiff1d(np.arange(n), here)
        gain[unknown, :] = gain[:, unknown] = gain.sum()  # as much as its cap allows
        np.fill_diagonal(gain, 0.0)
    new = (votes < NEWCOMER_VOTES) | np.array(
        [provisional for _, provisional in contestants], dtype=bool
    )
    even = 2 / max(n, 1)
    caps = np.where(new, min(1.0, NEWCOMER_SHARE * even), 1.0)
    return core.pair_probabilities(gain, floor=EXPLORATION, caps=caps)


@dataclass(frozen=True, slots=True)
class SamplingRate:
    """The share of battles that a contestant is in: `now` by chance, and of the last 30 days.

    `now` is 0 for a contestant that cannot be drawn, `recent` None if nobody voted.
    """

    now: float
    recent: float | None
    recent_votes: int

    @property
    def percent_now(self) -> float:
        return 100 * self.now

    @property
    def percent_recent(self) -> float | None:
        return None if self.recent is None else 100 * self.recent


def sampling_rates() -> dict[int, SamplingRate]:
    """The published sampling rate of every contestant that is or was drawn, by its id."""
    contestants = drawable()
    probabilities = pairing(contestants).sum(axis=1).tolist()
    now = {pk: rate for (pk, _), rate in zip(contestants, probabilities, strict=True)}
    totals = PairTotal.objects.filter(board__slug=OVERALL, window=Window.MONTH)
    votes: dict[int, int] = {}
    whole = 0
    for first, second, counted in totals.values_list("first", "second", COUNTED):
        votes[first] = votes.get(first, 0) + counted
        votes[second] = votes.get(second, 0) + counted
        whole += counted
    return {
        pk: SamplingRate(
            now=now.get(pk, 0.0),
            recent=votes.get(pk, 0) / whole if whole else None,
            recent_votes=votes.get(pk, 0),
        )
        for pk in now.keys() | votes.keys()
    }


COUNTED = F("first_wins") + F("second_wins") + F("ties") + F("both_bad")


@dataclass(frozen=True, slots=True)
class SampledDay:
    """A day's counted votes on a contestant, and their share of all."""

    day: date
    votes: int
    share: float

    @property
    def percent(self) -> float:
        return 100 * self.share


def sampled_days(contestant: Contestant, days: int = 30) -> list[SampledDay]:
    """How often a contestant was sampled on each of the last days with votes, oldest first."""
    since = timezone.now().date() - timedelta(days=days - 1)
    own = Q(first=contestant) | Q(second=contestant)
    counted = (
        PairDay.objects.filter(board__slug=OVERALL, day__gte=since)
        .values("day")
        .annotate(own=Sum(COUNTED, filter=own, default=0), whole=Sum(COUNTED))
        .order_by("day")
    )
    return [
        SampledDay(entry["day"], entry["own"], entry["own"] / entry["whole"])
        for entry in counted
        if entry["whole"]
    ]


@dataclass(frozen=True, slots=True)
class BoardFragility:
    """How few votes carry the first place of a board, and of how many."""

    board: Board
    votes: int
    fragility: FragilityView


def fragilities() -> list[BoardFragility]:
    """How firm first place is on every board as voted, over all time."""
    fits = (
        Leaderboard.objects.filter(style=Style.PLAIN, window=Window.ALL, votes__gt=0)
        .select_related("board")
        .only("votes", "notes", "board")
        .order_by("board__position", "board__name")
    )
    names = dict(Contestant.objects.values_list("slug", "name"))
    return [
        BoardFragility(
            fit.board,
            fit.votes,
            FragilityView(
                names[found["first"]], names[found["second"]], found["votes"], found["share"]
            ),
        )
        for fit in fits
        if (found := fit.notes.get("fragility"))
    ]


@dataclass(frozen=True, slots=True)
class RankChange:
    """A contestant's rank in a snapshot, where it was another one (or none) in the one before."""

    snapshot: int
    published_at: datetime
    slug: str
    name: str
    rank: int
    before: int | None
    rating: float
    lower: float
    upper: float


CHANGES_SNAPSHOTS = 50


def rank_changes() -> list[RankChange]:
    """Changes between the newest 50 snapshots of the overall board as voted, the newest first."""
    newest = Snapshot.objects.filter(
        board__slug=OVERALL, style=Style.PLAIN, window=Window.ALL
    ).values_list("pk", flat=True)[:CHANGES_SNAPSHOTS]
    points = (
        RatingPoint.objects.filter(snapshot__in=list(newest))
        .order_by("snapshot__published_at", "snapshot", "rank")
        .values_list(
            "snapshot",
            "snapshot__published_at",
            "contestant__slug",
            "contestant__name",
            "rank",
            "rating",
            "lower",
            "upper",
        )
    )
    ranks: dict[str, int] = {}
    changes = []
    listed = list(points)
    first = listed[0][0] if listed else None
    for snapshot, at, slug, name, rank, rating, lower, upper in listed:
        before = ranks.get(slug)
        if before != rank and snapshot != first:
            changes.append(RankChange(snapshot, at, slug, name, rank, before, rating, lower, upper))
        ranks[slug] = rank
    return changes[::-1]


HISTORY_POINTS = 400


def history(
    contestant: Contestant,
    board: Board,
    style: Style = Style.PLAIN,
    window: Window = Window.ALL,
    *,
    before: int | None = None,
    number: int = HISTORY_POINTS,
) -> list[RatingPoint]:
    """A contestant's published ratings on a leaderboard, oldest first: the newest so many.

    Args:
        before: the id of a snapshot; only points of older ones are given.
    """
    points = RatingPoint.objects.filter(
        contestant=contestant, snapshot__board=board, snapshot__style=style, snapshot__window=window
    )
    if before is not None:
        points = points.filter(snapshot__lt=before)
    newest = points.select_related("snapshot").defer(
        *(
            f"snapshot__{name}"
            for name in ("counts", "rows", "notes", "conventions", "clusters", "as_cast")
        )
    )
    page = newest.order_by("-snapshot_id")[:number]
    return sorted(page, key=lambda point: point.snapshot.published_at)


@dataclass(frozen=True, slots=True)
class Standing:
    """A contestant's line on one board, and of how many."""

    board: Board
    row: dict[str, Any]
    of: int


def standings(contestant: Contestant) -> list[Standing]:
    """Where a contestant stands on every board as voted, over all time."""
    fits = (
        Leaderboard.objects.filter(
            style=Style.PLAIN, window=Window.ALL, rows__contains=[{"contestant": contestant.pk}]
        )
        .select_related("board")
        .order_by("board__position", "board__name")
    )
    return [
        Standing(
            fit.board,
            next(row for row in fit.rows if row["contestant"] == contestant.pk),
            len(fit.rows),
        )
        for fit in fits
    ]


def link_document(link: Link) -> dict[str, Any]:
    """A link of the chain as it is published."""
    statement = proof.link(
        number=link.number,
        previous=link.previous,
        kind=link.kind,
        subject=link.subject,
        key=link.key.key,
    )
    return statement | {proof.SIGNATURE: link.signature}


def keys_document() -> dict[str, Any]:
    """The keys that sign the chain, the first one first."""
    columns = ("key", "public", "after", "signature")
    return {"format": proof.KEYS, "keys": list(SigningKey.objects.values(*columns))}


def proven(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as it is published: the document, and the link of the chain that seals it."""
    link: Link | None = getattr(snapshot, "link", None)  # one from before the chain has none
    return snapshot_document(snapshot) | {"proof": link_document(link) if link else None}


def snapshot_document(snapshot: Snapshot) -> dict[str, Any]:
    """A snapshot as a file that anybody can recompute: inputs, conventions and results."""
    styled = snapshot.style == Style.CONTROLLED
    # One without these was maybe sealed before there were any: it has not even their names.
    beside = {"clusters": snapshot.clusters, "as_cast": snapshot.as_cast}
    return {key: value for key, value in beside.items() if value is not None} | {
        "format": "blind-arena-snapshot/1",
        "board": snapshot.board.slug,
        "style": snapshot.style,
        "window": snapshot.window,
        "since": snapshot.since.isoformat() if snapshot.since else None,
        "published_at": snapshot.published_at.isoformat(),
        "votes": snapshot.votes,
        "conventions": snapshot.conventions,
        "grid": core.GRID.as_dict() if styled else None,
        "models": sorted(row["slug"] for row in snapshot.rows),
        "counts": snapshot.counts,
        "digest": snapshot.digest,
        "rows": [
            {key: value for key, value in row.items() if key != "contestant"}
            for row in snapshot.rows
        ],
        "notes": snapshot.notes,
    }


def snapshots(board: Board, style: Style, window: Window) -> QuerySet[Snapshot]:
    """The snapshots of a leaderboard, the newest first, without what is in them."""
    published = Snapshot.objects.filter(board=board, style=style, window=window)
    heads = published.defer("counts", "rows", "notes", "conventions", "clusters", "as_cast")
    return heads.select_related("link").order_by("-pk")


def latest_snapshot(board: Board, style: Style, window: Window) -> Snapshot | None:
    """The newest snapshot of a leaderboard."""
    return (
        Snapshot.objects.filter(board=board, style=style, window=window)
        .select_related("board", "link__key")
        .first()
    )
