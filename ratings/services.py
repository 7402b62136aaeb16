"""Writes of boards: counting an outcome, fitting, publishing."""

import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.utils import timezone

from arena.contestants.selectors import drawable_contestants
from ratings import core
from ratings.boards import BOARDS, LANGUAGE_PREFIX, OVERALL, BoardSpec, language_board
from ratings.chain import seal_snapshot
from ratings.core import snapshots
from ratings.counting import Change, Places, discount_rows, in_cluster, windows_of
from ratings.live import announce_fit
from ratings.models import (
    DISCOUNTED,
    Board,
    Leaderboard,
    Outcome,
    PairDay,
    Pairing,
    PairTotal,
    RatingPoint,
    Snapshot,
    Style,
    Ticker,
    Window,
    WindowStart,
    no_voters,
)
from ratings.selectors import Counts, Variant, counts_of, due_variants

ROLLING = {Window.MONTH: 30}  # days
LANGUAGE_POSITION = 1000


def register_boards() -> None:
    """Bring the table of boards in line with the boards there are."""
    for position, spec in enumerate(BOARDS):
        Board.objects.update_or_create(slug=spec.slug, defaults=_stated(spec, position))
    for window, days in ROLLING.items():
        first_day = timezone.now().date() - timedelta(days=days - 1)
        WindowStart.objects.get_or_create(window=window, defaults={"first_day": first_day})


def _stated(spec: BoardSpec, position: int) -> dict[str, Any]:
    return {
        "name": spec.name,
        "description": spec.description,
        "group": spec.group,
        "position": position,
    }


def boards_named(slugs: Iterable[str]) -> list[Board]:
    """The boards of these slugs; a language's board is made when it is first asked for.

    Raises:
        ValueError: there is no such board.
    """
    wanted = set(slugs)
    found = list(Board.objects.filter(slug__in=wanted))
    for slug in sorted(wanted - {board.slug for board in found}):
        if not slug.startswith(LANGUAGE_PREFIX):
            raise ValueError(f"There is no board {slug!r}.")
        spec = language_board(slug.removeprefix(LANGUAGE_PREFIX))
        # Not update_or_create: its lock would hold up every vote on the board.
        board, _ = Board.objects.get_or_create(slug=slug, defaults=_stated(spec, LANGUAGE_POSITION))
        found.append(board)
    return found


@transaction.atomic(savepoint=False)
def count(
    boards: Iterable[Board],
    contestant_a: int,
    contestant_b: int,
    outcome: Outcome,
    *,
    day: date,
    style: tuple[Sequence[int], Sequence[int]] | None = None,
    cluster: int | None = None,
    tenths: int = 10,
    delta: int = 1,
) -> int:
    """Add (delta 1) or take back (delta -1) one outcome of a pair on some boards.

    Returns the number of this change among all of the pair's on the overall board, from 1
    (`PairTotal.changes`): counts whose number is at least as high contain it. 0 if the overall
    board is not among the boards.

    Call it in the transaction that records the vote or its standing. A new outcome on the overall
    board also moves the Elo ticker; what is taken back leaves the ticker as it is.

    Args:
        day: on which the vote was cast, in UTC.
        style: features of the answers of a and b, in the order of `core.GRID.names`; without
            them both are alike.
        cluster: of the voter; a board with votes of an unknown one has intervals by vote.
        tenths: the weight of the vote.

    Raises:
        django.db.IntegrityError, ValueError: taking back what was never counted.
        ValueError: the two contestants are the same.
    """
    if contestant_a == contestant_b:
        raise ValueError("A contestant does not meet itself on a board.")
    change = Change.of(contestant_a, contestant_b, outcome, style, cluster)
    boards = list(boards)
    ids = [board.pk for board in boards]
    write = _add if delta > 0 else _take_back
    less = delta * (10 - tenths)
    off = {place: less * x for place, x in change.places().items()} if less else {}
    pair = change.first, change.second
    with connection.cursor() as cursor:
        windows = windows_of(cursor, [day])[day]
        if delta < 0:
            _discount(cursor, pair, off, boards=ids, windows=windows, day=day)
        write(cursor, PairTotal, ids, ("window", "text", windows), change)
        rows: list[tuple[int, str, int]] = cursor.fetchall()
        write(cursor, PairDay, ids, ("day", "date", [day]), change)
        if delta > 0:
            _discount(cursor, pair, off, boards=ids, windows=windows, day=day)
    overall = next((board.pk for board in boards if board.slug == OVERALL), None)
    if delta > 0 and overall is not None:
        _tick(contestant_a, contestant_b, outcome)
    return next((n for board, w, n in rows if (board, w) == (overall, Window.ALL)), 0)


def _discount(
    cursor: Any,
    pair: tuple[int, int],
    off: Places,
    *,
    boards: list[int],
    windows: list[str],
    day: date,
) -> None:
    """Take so much off a pair's counts on these boards, if it is anything."""
    if not any(off.values()):
        return
    totals = {(*pair, board, window): off for board in boards for window in windows}
    discount_rows(cursor, PairTotal, totals)
    discount_rows(cursor, PairDay, {(*pair, board, day): off for board in boards})


Key = tuple[str, str, Sequence[Any]]
"""A column beside the board, its type, and the values that a vote counts under."""


def _add(
    cursor: Any,
    table: type[PairTotal] | type[PairDay],
    boards: list[int],
    key: Key,
    change: Change,
) -> None:
    """Add a vote to all its rows, in an order that is the same for everybody.

    So two votes at once cannot wait for each other in a ring. Of totals, the cursor then has
    board, window and changes of each row.
    """
    name = table._meta.db_table
    column, kind, values = key
    cells, sums = [0] * 3 * core.GRID.cells, [0] * core.GRID.ranges
    cells[change.cell - 1] = 1
    for place, x in change.sums.items():
        sums[place - 1] = x
    voters = no_voters()
    for place, x in change.voters.items():
        voters[place - 1] = x
    outcomes = {"first_wins": 0, "second_wins": 0, "ties": 0, "both_bad": 0, change.column: 1}
    counted = ", changes" if table is PairTotal else ""
    cursor.execute(
        f"""
        INSERT INTO {name} (
            board_id, "{column}", first_id, second_id, {", ".join(outcomes)}, cells, sums,
            voters{counted}
        )
        SELECT board, kept, %s, %s, %s, %s, %s, %s, %s::integer[], %s::bigint[], %s::integer[]
            {", 1" if counted else ""}
        FROM unnest(%s::bigint[]) AS board, unnest(%s::{kind}[]) AS kept
        ORDER BY board, kept
        ON CONFLICT (board_id, "{column}", first_id, second_id) DO UPDATE
        SET {_assignments(table, change, f"{name}.", "+")}
        {_returning(table)}
        """,  # noqa: S608
        [
            *(change.first, change.second, *outcomes.values()),
            *(cells, sums, voters, boards, list(values)),
        ],
    )


def _take_back(
    cursor: Any,
    table: type[PairTotal] | type[PairDay],
    boards: list[int],
    key: Key,
    change: Change,
) -> None:
    """Take a vote back from all its rows."""
    assignments = _assignments(table, change, "", "-")
    pair = change.first, change.second
    _assign(cursor, table, assignments, boards=boards, key=key, pair=pair)


def _assign(
    cursor: Any,
    table: type[PairTotal] | type[PairDay],
    assignments: str,
    *,
    boards: list[int],
    key: Key,
    pair: tuple[int, int],
) -> None:
    """Change all rows of a vote, locked in the same order as by `_add`.

    Raises:
        ValueError: one of them is not there.
    """
    name = table._meta.db_table
    column, kind, values = key
    cursor.execute(
        f"""
        WITH held AS (
            SELECT id AS held_id FROM {name}
            WHERE board_id = ANY(%s::bigint[]) AND "{column}" = ANY(%s::{kind}[])
                AND first_id = %s AND second_id = %s
            ORDER BY board_id, "{column}" FOR UPDATE
        )
        UPDATE {name} SET {assignments} FROM held WHERE id = held_id
        {_returning(table)}
        """,  # noqa: S608
        [boards, list(values), *pair],
    )
    if cursor.rowcount != len(boards) * len(values):
        raise ValueError("There is no such count to take back.")


def _assignments(
    table: type[PairTotal] | type[PairDay], change: Change, prefix: str, sign: str
) -> str:
    places = [
        (change.column, 1),
        (f"cells[{change.cell}]", 1),
        *((f"sums[{place}]", x) for place, x in change.sums.items()),
        *((f"voters[{place}]", x) for place, x in change.voters.items()),
    ]
    assigned = [f"{place} = {prefix}{place} {sign} ({x})" for place, x in places]
    if table is PairTotal:
        assigned.append(f"changes = {prefix}changes + 1")
    return ", ".join(assigned)


@transaction.atomic(savepoint=False)
def move_to_cluster(
    boards: Iterable[Board],
    contestant_a: int,
    contestant_b: int,
    outcome: Outcome,
    *,
    day: date,
    before: int,
    cluster: int,
    tenths: int = 10,
) -> None:
    """Let a counted vote be one of another cluster's; its boards are fitted anew.

    Call it in the transaction that gives the voter the cluster. Of several votes, move those of a
    pair after those of the pairs with lower ids, so that nobody waits for each other in a ring.

    Args:
        tenths: the weight of the vote.

    Raises:
        django.db.IntegrityError, ValueError: the vote was not counted in the cluster before.
    """
    change = Change.of(contestant_a, contestant_b, outcome, None, None)
    moved = {place: -x for place, x in in_cluster(before, change.column).items()}
    moved |= in_cluster(cluster, change.column)
    assigned = ", ".join(f"voters[{place}] = voters[{place}] + ({x})" for place, x in moved.items())
    ids, pair = [board.pk for board in boards], (change.first, change.second)
    with connection.cursor() as cursor:
        windows = windows_of(cursor, [day])[day]
        counted = f"{assigned}, changes = changes + 1"
        in_windows: Key = ("window", "text", windows)
        _assign(cursor, PairTotal, counted, boards=ids, key=in_windows, pair=pair)
        _assign(cursor, PairDay, assigned, boards=ids, key=("day", "date", [day]), pair=pair)
        first = DISCOUNTED["voters"].start
        off = {first + place: (10 - tenths) * x for place, x in moved.items()}
        _discount(cursor, pair, off, boards=ids, windows=windows, day=day)


def _returning(table: type[PairTotal] | type[PairDay]) -> str:
    if table is PairDay:
        return ""
    return f'RETURNING board_id, "window", {table._meta.db_table}.changes'


def _tick(contestant_a: int, contestant_b: int, outcome: Outcome) -> None:
    """Move the Elo ticker of both contestants."""
    pair = sorted((contestant_a, contestant_b))
    held = Ticker.objects.select_for_update().filter(contestant__in=pair).order_by("contestant")
    tickers = {ticker.contestant_id: ticker for ticker in held}
    if len(tickers) < 2:
        start = core.Conventions().centre
        Ticker.objects.bulk_create(
            [Ticker(contestant_id=pk, elo=start) for pk in pair], ignore_conflicts=True
        )
        tickers = {ticker.contestant_id: ticker for ticker in held.all()}
    a, b = tickers[contestant_a], tickers[contestant_b]
    elo = core.Elo(ratings={"a": a.elo, "b": b.elo})
    elo.vote("a", "b", core.OUTCOMES.index(outcome))
    for ticker, side in ((a, "a"), (b, "b")):
        ticker.elo = elo.ratings[side]
        ticker.votes += 1
        ticker.updated_at = timezone.now()
    Ticker.objects.bulk_update([a, b], ["elo", "votes", "updated_at"])


@transaction.atomic
def roll_windows(today: date | None = None) -> None:
    """Take the days that have left a rolling window out of its totals."""
    today = today or timezone.now().date()
    for start in WindowStart.objects.select_for_update().order_by("window"):
        first_day = today - timedelta(days=ROLLING[Window(start.window)] - 1)
        if start.first_day >= first_day:
            continue
        leaving = PairDay.objects.filter(day__gte=start.first_day, day__lt=first_day)
        with connection.cursor() as cursor:
            for day in leaving.order_by("day").values_list("day", flat=True).distinct():
                _subtract_day(cursor, start.window, day)
        start.first_day = first_day
        start.save(update_fields=["first_day"])


def _subtract_day(cursor: Any, window: str, day: date) -> None:
    outcomes = ("first_wins", "second_wins", "ties", "both_bad")
    scalars = ", ".join(f"{column} = total.{column} - gone.{column}" for column in outcomes)
    arrays = ", ".join(
        f"""{column} = ARRAY(
            SELECT a - b
            FROM unnest(total.{column}, gone.{column}) WITH ORDINALITY AS place (a, b, n)
            ORDER BY n
        )"""  # noqa: S608
        for column in ("cells", "sums", "voters")
    )
    # A pair's discount in a window is that of its days.
    discount = """discount = CASE WHEN gone.discount IS NULL THEN total.discount ELSE ARRAY(
        SELECT a - b
        FROM unnest(total.discount, gone.discount) WITH ORDINALITY AS place (a, b, n)
        ORDER BY n
    ) END"""
    cursor.execute(
        f"""
        WITH gone AS (
            SELECT total.id AS total_id, day.*
            FROM {PairTotal._meta.db_table} AS total
            JOIN {PairDay._meta.db_table} AS day USING (board_id, first_id, second_id)
            WHERE total."window" = %s AND day.day = %s
            ORDER BY board_id, total."window", first_id, second_id FOR UPDATE OF total
        )
        UPDATE {PairTotal._meta.db_table} AS total
        SET {scalars}, changes = total.changes + 1, {arrays}, {discount}
        FROM gone WHERE total.id = gone.total_id
        """,  # noqa: S608
        [window, day],
    )


@transaction.atomic
def refit(board: Board, style: Style = Style.PLAIN, window: Window = Window.ALL) -> Leaderboard:
    """Fit a leaderboard from its counts, keep the result, and tell open pages of it."""
    variant = Variant(board, style, window)
    return _keep_fit(variant, counts_of(variant, by_cluster=True))


def _keep_fit(variant: Variant, counts: Counts) -> Leaderboard:
    conventions = core.Conventions()
    key = {"board": variant.board, "style": variant.style, "window": variant.window}
    known = Leaderboard.objects.filter(**key).first()
    if (
        known
        and (known.changes, known.since) == (counts.changes, counts.since)
        and known.conventions == conventions.as_dict()
    ):
        return known
    fit = _fit(counts, conventions)
    leaderboard = Leaderboard(
        **key,
        fitted_at=timezone.now(),
        changes=counts.changes,
        since=counts.since,
        votes=core.whole_votes(counts.table.total),
        digest=counts.digest(),
        conventions=conventions.as_dict(),
        rows=fit.rows,
        notes=fit.notes,
        clusters=fit.clusters,
    )
    fields = ["fitted_at", "changes", "since", "votes", "digest", "conventions"]
    fields += ["rows", "notes", "clusters"]
    Leaderboard.objects.bulk_create(
        [leaderboard], update_conflicts=True, unique_fields=[*key], update_fields=fields
    )
    if variant == Variant(variant.board, Style.PLAIN, Window.ALL):
        _keep_pairing(variant.board, counts, fit.fitted)
    transaction.on_commit(lambda: announce_fit(leaderboard))
    return leaderboard


class _Fit(NamedTuple):
    """The fit of a board; its rows as they are kept, notes about it, and the sums of clusters."""

    fitted: core.Leaderboard
    rows: list[dict[str, Any]]
    notes: dict[str, Any]
    clusters: dict[str, Any] | None


def _fit(counts: Counts, conventions: core.Conventions) -> _Fit:
    notes: dict[str, Any]
    clusters = counts.clusters(conventions)
    if counts.styled is None:
        fitted = core.fit(counts.table, conventions, clusters)
        ties = core.fit_ties(counts.table, conventions)
        rows = snapshots.snapshot_rows(fitted, ties.leaderboard, _as_cast(counts, conventions))
        notes = snapshots.board_notes(counts.table, ties, conventions)
    else:
        styled = core.fit_cells(counts.styled, conventions, clusters)
        fitted = styled.leaderboard
        rows = snapshots.snapshot_rows(fitted, as_cast=_as_cast(counts, conventions))
        notes = snapshots.styled_notes(counts.styled, styled, conventions)
    notes["multiplicity"] = _multiplicity(counts, fitted)
    contestants = dict(zip(fitted.models, counts.ids, strict=True))
    rows = [{"contestant": contestants[row["slug"]], **row} for row in rows]
    return _Fit(fitted, rows, notes, clusters.as_dict() if clusters else None)


def _as_cast(counts: Counts, conventions: core.Conventions) -> core.Leaderboard | None:
    """The board of the votes as they were cast, if some weigh less."""
    if counts.as_cast is None:
        return None
    if isinstance(counts.as_cast, core.PairTable):
        return core.fit(counts.as_cast, conventions)
    return core.fit_cells(counts.as_cast, conventions).leaderboard


def _multiplicity(counts: Counts, fitted: core.Leaderboard) -> dict[str, Any]:
    """Per organisation with at least two entries: what its best gains by luck alone."""
    entries: dict[str, list[str]] = {}
    for organisation, slug in zip(counts.organisations, counts.table.models, strict=True):
        entries.setdefault(organisation, []).append(slug)
    return {
        organisation: {"entries": found.entries, "gain": round(found.expected_gain, 2)}
        for organisation, found in core.multiplicities(fitted, entries).items()
    }


def _keep_pairing(board: Board, counts: Counts, fitted: core.Leaderboard) -> None:
    """Keep what a next battle of each pair would tell, newcomers without votes included."""
    rated = set(counts.ids)
    newcomers = [
        (pk, slug)
        for pk, slug in drawable_contestants().order_by("pk").values_list("pk", "slug")
        if pk not in rated
    ]
    if newcomers:
        names = tuple(slug for _, slug in newcomers)
        table = replace(counts.table, models=counts.table.models + names)
        fitted = core.fit(table, fitted.conventions)
    pairing = Pairing(
        board=board,
        fitted_at=timezone.now(),
        contestants=[*counts.ids, *(pk for pk, _ in newcomers)],
        votes=fitted.votes.astype(int).tolist(),
        gain=core.pairing_gain(fitted).round(9).tolist(),
    )
    Pairing.objects.bulk_create(
        [pairing],
        update_conflicts=True,
        unique_fields=["board"],
        update_fields=["fitted_at", "contestants", "votes", "gain"],
    )


URGENT_SECONDS = 1.0


def refit_changed(*, seconds: float) -> bool:
    """Fit every leaderboard whose counts changed, the overall board first and in between.

    However many boards changed, the overall board never waits for more than one of them.

    Returns:
        Whether all were fitted; else `seconds` were over.
    """
    roll_windows()
    end = time.monotonic() + seconds
    overall_until = 0.0
    for variant in due_variants():
        if time.monotonic() > overall_until and variant.board.slug != OVERALL:
            for urgent in due_variants(OVERALL):
                refit(*urgent)
            overall_until = time.monotonic() + URGENT_SECONDS
        if time.monotonic() > end:
            return False
        refit(*variant)
    return True


@transaction.atomic
def publish(
    board: Board, style: Style = Style.PLAIN, window: Window = Window.ALL
) -> Snapshot | None:
    """Publish a leaderboard as it stands, unless nothing changed since its last snapshot."""
    variant = Variant(board, style, window)
    counts = counts_of(variant, by_cluster=True)
    leaderboard = _keep_fit(variant, counts)
    last = Snapshot.objects.filter(board=board, style=style, window=window).first()
    if not leaderboard.votes and last is None:
        return None
    if last and last.digest == leaderboard.digest and last.conventions == leaderboard.conventions:
        return None
    return _keep_snapshot(
        variant,
        counts,
        leaderboard.rows,
        leaderboard.notes,
        leaderboard.clusters,
        conventions=leaderboard.conventions,
        at=timezone.now(),
    )


@transaction.atomic
def publish_counts(variant: Variant, counts: Counts, *, at: datetime) -> Snapshot:
    """The snapshot of a leaderboard with these counts, which were read at some moment.

    It is published as of that moment, unless there is one already.
    """
    conventions = core.Conventions()
    known = Snapshot.objects.filter(
        board=variant.board, style=variant.style, window=variant.window, digest=counts.digest()
    ).first()
    if known and known.conventions == conventions.as_dict():
        seal_snapshot(known)
        return known
    fit = _fit(counts, conventions)
    return _keep_snapshot(
        variant,
        counts,
        fit.rows,
        fit.notes,
        fit.clusters,
        conventions=conventions.as_dict(),
        at=at,
    )


def _keep_snapshot(
    variant: Variant,
    counts: Counts,
    rows: list[dict[str, Any]],
    notes: dict[str, Any],
    clusters: dict[str, Any] | None,
    *,
    conventions: dict[str, Any],
    at: datetime,
) -> Snapshot:
    snapshot = Snapshot.objects.create(
        board=variant.board,
        style=variant.style,
        window=variant.window,
        published_at=at,
        since=counts.since,
        votes=core.whole_votes(counts.table.total),
        digest=counts.digest(),
        conventions=conventions,
        counts=counts.as_counts(),
        as_cast=counts.counts_as_cast(),
        rows=rows,
        notes=notes,
        clusters=clusters,
    )
    RatingPoint.objects.bulk_create(
        RatingPoint(
            snapshot=snapshot,
            contestant_id=row["contestant"],
            **{key: row[key] for key in ("rating", "lower", "upper", "rank", "votes")},
        )
        for row in rows
    )
    seal_snapshot(snapshot)
    return snapshot
