"""Fit leaderboards from their counts."""

import time
from dataclasses import replace
from typing import Any, NamedTuple

from django.db import transaction
from django.utils import timezone

from arena.contestants.catalogue.reading import drawable_contestants
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.totals import Counts, counts_of
from arena.leaderboards.counting.windows import roll_windows
from arena.leaderboards.live import announce_fit
from arena.leaderboards.models import Board, Leaderboard, Pairing, Style, Window
from arena.leaderboards.variants import Variant, due_variants
from ratings import engine, snapshots


@transaction.atomic
def refit(board: Board, style: Style = Style.PLAIN, window: Window = Window.ALL) -> Leaderboard:
    """Fit a leaderboard from its counts, store the result, and announce it to open pages."""
    variant = Variant(board, style, window)
    return keep_fit(variant, counts_of(variant, by_cluster=True))


def keep_fit(variant: Variant, counts: Counts) -> Leaderboard:
    conventions = engine.Conventions()
    key = {"board": variant.board, "style": variant.style, "window": variant.window}
    known = Leaderboard.objects.filter(**key).first()
    if (
        known
        and (known.revision, known.since) == (counts.revision, counts.since)
        and known.conventions == conventions.as_dict()
    ):
        return known
    fit = fit_counts(counts, conventions)
    leaderboard = Leaderboard(
        **key,
        fitted_at=timezone.now(),
        revision=counts.revision,
        since=counts.since,
        votes=engine.whole_votes(counts.table.total),
        digest=counts.digest(),
        conventions=conventions.as_dict(),
        rows=fit.rows,
        diagnostics=fit.diagnostics,
        clusters=fit.clusters,
    )
    fields = ["fitted_at", "revision", "since", "votes", "digest", "conventions"]
    fields += ["rows", "diagnostics", "clusters"]
    Leaderboard.objects.bulk_create(
        [leaderboard], update_conflicts=True, unique_fields=[*key], update_fields=fields
    )
    if variant == Variant(variant.board, Style.PLAIN, Window.ALL):
        _keep_pairing(variant.board, counts, fit.fitted)
    transaction.on_commit(lambda: announce_fit(leaderboard))
    return leaderboard


class Fit(NamedTuple):
    """The fit of a board; its rows as they are stored, diagnostics, and the sums of clusters."""

    fitted: engine.Leaderboard
    rows: list[dict[str, Any]]
    diagnostics: dict[str, Any]
    clusters: dict[str, Any] | None


def fit_counts(counts: Counts, conventions: engine.Conventions) -> Fit:
    diagnostics: dict[str, Any]
    clusters = counts.clusters(conventions)
    if counts.styled is None:
        fitted = engine.fit(counts.table, conventions, clusters)
        ties = engine.fit_ties(counts.table, conventions)
        rows = snapshots.snapshot_rows(fitted, ties.leaderboard, _as_cast(counts, conventions))
        diagnostics = snapshots.board_notes(counts.table, ties, conventions)
    else:
        styled = engine.fit_cells(counts.styled, conventions, clusters)
        fitted = styled.leaderboard
        rows = snapshots.snapshot_rows(fitted, as_cast=_as_cast(counts, conventions))
        diagnostics = snapshots.styled_notes(counts.styled, styled, conventions)
    diagnostics["multiplicity"] = _multiplicity(counts, fitted)
    contestants = dict(zip(fitted.models, counts.ids, strict=True))
    rows = [{"contestant": contestants[row["slug"]], **row} for row in rows]
    return Fit(fitted, rows, diagnostics, clusters.as_dict() if clusters else None)


def _as_cast(counts: Counts, conventions: engine.Conventions) -> engine.Leaderboard | None:
    """The board if each vote counted 1; None if all votes do."""
    if counts.as_cast is None:
        return None
    if isinstance(counts.as_cast, engine.PairTable):
        return engine.fit(counts.as_cast, conventions)
    return engine.fit_cells(counts.as_cast, conventions).leaderboard


def _multiplicity(counts: Counts, fitted: engine.Leaderboard) -> dict[str, Any]:
    """For each organisation with at least two entries: the best-of-k bias of its best one."""
    entries: dict[str, list[str]] = {}
    for organisation, slug in zip(counts.organisations, counts.table.models, strict=True):
        entries.setdefault(organisation, []).append(slug)
    return {
        organisation: {"entries": found.entries, "gain": round(found.expected_gain, 2)}
        for organisation, found in engine.multiplicities(fitted, entries).items()
    }


def _keep_pairing(board: Board, counts: Counts, fitted: engine.Leaderboard) -> None:
    """Store the information that one more battle of each pair would give, newcomers included."""
    rated = set(counts.ids)
    newcomers = [
        (pk, slug)
        for pk, slug in drawable_contestants().order_by("pk").values_list("pk", "slug")
        if pk not in rated
    ]
    if newcomers:
        names = tuple(slug for _, slug in newcomers)
        table = replace(counts.table, models=counts.table.models + names)
        fitted = engine.fit(table, fitted.conventions)
    pairing = Pairing(
        board=board,
        fitted_at=timezone.now(),
        contestants=[*counts.ids, *(pk for pk, _ in newcomers)],
        votes=fitted.votes.astype(int).tolist(),
        gain=engine.pairing_gain(fitted).round(9).tolist(),
    )
    Pairing.objects.bulk_create(
        [pairing],
        update_conflicts=True,
        unique_fields=["board"],
        update_fields=["fitted_at", "contestants", "votes", "gain"],
    )


URGENT_SECONDS = 1.0


def refit_changed(*, seconds: float) -> bool:
    """Fit every leaderboard whose counts changed, the overall board first.

    The overall board is fitted again in between: it waits for one other board at most.

    Returns:
        Whether all were fitted; False if `seconds` ran out.
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
