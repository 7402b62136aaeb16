"""A leaderboard as it is published: the JSON that anyone can recompute, and its verification.

A snapshot is an object with these keys; others (board, style, published_at, ...) are allowed and
left alone:

- `conventions`: as in `Conventions`;
- `counts`: as in `PairTable.as_counts`, with which the board was fitted;
- `grid`: as in `StyleGrid.as_dict` where style is controlled, else null or missing; then `counts`
  are as in `StyledTable.as_counts`;
- `as_cast`: where votes weigh less than 1, the rows of `counts` with all votes as 1, of the pairs
  whose rows differ (may be missing);
- `digest`: `PairTable.digest` (or `StyledTable.digest`) of these counts and the models of the rows;
- `clusters`: as in `Clusters.as_dict` where intervals are clustered by voter (may be missing);
- `rows`: best first, as in `snapshot_rows`;
- `votes`: how many were counted, the sum of their weights (may be missing);
- `notes`: what belongs to the board as a whole (may be missing): `fragility` {first, second, votes,
  share, reason} and `ties` {nu, at_par}, as in `board_notes`; where style is controlled, for `ties`
  `style`, a list of {name, coefficient, lower, upper}, as in `styled_notes`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ratings.engine.bradley_terry import DEFAULT, Leaderboard, fit
from ratings.engine.conventions import Conventions
from ratings.engine.fragility.fewest_votes import Fragility, fragility, styled_fragility
from ratings.engine.intervals.clusters import Clusters
from ratings.engine.ranks import probability_best, shared_alike
from ratings.engine.style.cell_fit import fit_cells
from ratings.engine.style.grid import StyleGrid
from ratings.engine.style.table import StyledTable
from ratings.engine.style.votes import StyledLeaderboard
from ratings.engine.tables import Floats, PairTable, whole_votes
from ratings.engine.ties import TieFit, fit_ties

REQUIRED = ("conventions", "counts", "digest", "rows")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was recomputed, and where it differs; an empty list means that it agrees."""

    name: str
    differences: list[str]


def probabilities_best(board: Leaderboard) -> Floats:
    """`probability_best` of each model, shape (models,), whatever order the models stand in.

    Models of equal records have equal chances.
    """
    order = sorted(range(len(board.models)), key=board.models.__getitem__)
    chances = np.empty(len(order))
    chances[order] = probability_best(board.ratings[order], board.covariance[np.ix_(order, order)])
    if board.conventions.prior == "spread":
        chances = shared_alike(chances, board.ratings, board.covariance)
    return chances


def snapshot_rows(
    board: Leaderboard, tied: Leaderboard | None = None, as_cast: Leaderboard | None = None
) -> list[dict[str, Any]]:
    """`Leaderboard.as_rows` with `first`, the chance to be truly first, to 4 decimals.

    With the board of a model of ties: its rating as `tie_rating`. With the board of the votes as
    they were cast, whatever they weigh: its rating and votes as `rating_as_cast`, `votes_as_cast`.
    """
    chances = dict(zip(board.models, probabilities_best(board).tolist(), strict=True))
    rows = [row | {"first": round(chances[row["slug"]], 4)} for row in board.as_rows()]
    if tied is not None:
        ratings = dict(zip(tied.models, tied.ratings.tolist(), strict=True))
        rows = [row | {"tie_rating": round(ratings[row["slug"]], 2)} for row in rows]
    if as_cast is not None:
        cast = {row["slug"]: row for row in as_cast.as_rows()}
        keys = ("rating", "votes")
        rows = [row | {f"{k}_as_cast": cast[row["slug"]][k] for k in keys} for row in rows]
    return rows


def differing(
    as_cast: PairTable | StyledTable, table: PairTable | StyledTable
) -> list[list[Any]] | None:
    """The rows of the first table's counts that are not the second one's; None if all are."""
    weighted = {(row[0], row[1]): row for row in table.as_counts()}
    rows = [row for row in as_cast.as_counts() if weighted.get((row[0], row[1])) != row]
    return rows or None


def board_notes(table: PairTable, ties: TieFit, conventions: Conventions) -> dict[str, Any]:
    """What belongs to the board as a whole: its tie model, and its fragility if any."""
    return {
        "ties": {"nu": round(ties.nu, 4), "at_par": round(ties.tie_at_par, 4)},
        "fragility": fragility_note(fragility(table, conventions)),
    }


def fragility_note(found: Fragility | None) -> dict[str, Any] | None:
    """How few votes carry the top, without the list of them."""
    if found is None:
        return None
    return {
        "first": found.first,
        "second": found.second,
        "votes": found.votes,
        "share": found.share,
        "reason": found.reason,
    }


def snapshot(
    table: PairTable,
    conventions: Conventions = DEFAULT,
    clusters: Clusters | None = None,
    as_cast: PairTable | None = None,
) -> dict[str, Any]:
    """Fit a board and give it as it is published.

    Args:
        as_cast: the counts of the votes whatever they weigh, if that makes a difference.

    Raises:
        ValueError: the anchor is not among the models.
    """
    ties = fit_ties(table, conventions)
    unweighed = None if as_cast is None else fit(as_cast, conventions)
    return _beside(clusters, table, as_cast) | {
        "votes": whole_votes(table.total),
        "digest": table.digest(),
        "conventions": conventions.as_dict(),
        "counts": table.as_counts(),
        "rows": snapshot_rows(fit(table, conventions, clusters), ties.leaderboard, unweighed),
        "notes": board_notes(table, ties, conventions),
    }


def _beside(
    clusters: Clusters | None,
    table: PairTable | StyledTable,
    as_cast: PairTable | StyledTable | None,
) -> dict[str, Any]:
    """What not every snapshot has."""
    beside = {} if clusters is None else {"clusters": clusters.as_dict()}
    return beside if as_cast is None else beside | {"as_cast": differing(as_cast, table)}


def styled_notes(
    table: StyledTable, fitted: StyledLeaderboard, conventions: Conventions
) -> dict[str, Any]:
    """What belongs to the board as a whole: what style is worth, and its fragility if any."""
    return {
        "style": style_notes(fitted),
        "fragility": fragility_note(styled_fragility(table, conventions)),
    }


def style_notes(styled: StyledLeaderboard) -> list[dict[str, Any]]:
    """What each feature of style is worth, in log-odds to 4 decimals."""
    return [
        {"name": name, "coefficient": round(c, 4), "lower": round(low, 4), "upper": round(up, 4)}
        for name, c, low, up in zip(
            styled.names,
            styled.coefficients.tolist(),
            styled.lower.tolist(),
            styled.upper.tolist(),
            strict=True,
        )
    ]


def styled_snapshot(
    table: StyledTable,
    conventions: Conventions = DEFAULT,
    clusters: Clusters | None = None,
    as_cast: StyledTable | None = None,
) -> dict[str, Any]:
    """Fit a board with style held equal and give it as it is published.

    Args:
        as_cast: as for `snapshot`.

    Raises:
        ValueError: the anchor is not among the models.
    """
    styled = fit_cells(table, conventions, clusters)
    unweighed = None if as_cast is None else fit_cells(as_cast, conventions).leaderboard
    return _beside(clusters, table, as_cast) | {
        "votes": whole_votes(float(table.counts.sum())),
        "digest": table.digest(),
        "conventions": conventions.as_dict(),
        "grid": table.grid.as_dict(),
        "counts": table.as_counts(),
        "rows": snapshot_rows(styled.leaderboard, as_cast=unweighed),
        "notes": styled_notes(table, styled, conventions),
    }


def _recomputed(published: Mapping[str, Any], clusters: Clusters | None) -> dict[str, Any]:
    """The snapshot again, from its counts and conventions, and the sums of its clusters."""
    conventions = Conventions.from_dict(published["conventions"])
    table = _table(published, published["counts"])
    as_cast = (
        None if published.get("as_cast") is None else _table(published, counts_as_cast(published))
    )
    if isinstance(table, PairTable):
        assert as_cast is None or isinstance(as_cast, PairTable)  # noqa: S101 - by the same grid
        return snapshot(table, conventions, clusters, as_cast)
    assert as_cast is None or isinstance(as_cast, StyledTable)  # noqa: S101 - by the same grid
    return styled_snapshot(table, conventions, clusters, as_cast)


def counts_as_cast(published: Mapping[str, Any]) -> list[Any]:
    """The counts of a snapshot as its votes were cast, whatever they weigh."""
    counts = {(row[0], row[1]): row for row in published["counts"]}
    counts |= {(row[0], row[1]): row for row in published.get("as_cast") or ()}
    return list(counts.values())


def _table(published: Mapping[str, Any], counts: list[Any]) -> PairTable | StyledTable:
    models = [row["slug"] for row in published["rows"]]
    if published.get("grid") is None:
        return PairTable.from_counts(models, counts)
    grid = StyleGrid.from_dict(published["grid"])
    return StyledTable.from_counts(models, counts, grid)


def _cluster_faults(published: Mapping[str, Any], clusters: Clusters) -> list[str]:
    table = _table(published, published["counts"])
    return clusters.faults(table if isinstance(table, PairTable) else table.table())


def verify(published: Mapping[str, Any]) -> list[Check]:
    """Recompute a snapshot from its counts and conventions, to the last printed digit.

    Raises:
        ValueError: it is no snapshot; the message says why.
    """
    if missing := [key for key in REQUIRED if key not in published]:
        raise ValueError(f"This is no snapshot: it has no {', '.join(missing)}.")
    rows = published["rows"]
    if not isinstance(rows, list) or not all(isinstance(r, dict) and "slug" in r for r in rows):
        raise ValueError("This is no snapshot: its rows are not a list of models.")
    given = published.get("clusters")
    clusters = None if given is None else Clusters.from_dict(given)
    computed = _recomputed(published, clusters)
    checks = [Check("digest", list(_differ("", published["digest"], computed["digest"])))]
    if clusters is not None:
        checks.append(Check("clusters", _cluster_faults(published, clusters)))
    if any("rating_as_cast" in row for row in rows) != (published.get("as_cast") is not None):
        checks.append(Check("as cast", ["only one of ratings and counts as cast is there"]))
    elif published.get("as_cast") is not None:
        both = published["as_cast"], computed["as_cast"]
        checks.append(Check("as cast", list(_differ("", *both))))
    if "votes" in published:
        checks.append(Check("total", list(_differ("", published["votes"], computed["votes"]))))
    order = [[row["slug"] for row in side] for side in (rows, computed["rows"])]
    checks.append(Check("order", list(_differ("", *order))))
    recomputed = {row["slug"]: row for row in computed["rows"]}
    for key in computed["rows"][0] if rows else ():
        if key == "slug" or not any(key in row for row in rows):
            continue
        differences = [
            difference
            for row in rows
            for difference in _differ(row["slug"], row.get(key), recomputed[row["slug"]][key])
        ]
        checks.append(Check(key, differences))
    for key, note in computed["notes"].items():
        if key in (published.get("notes") or {}):
            checks.append(Check(key, list(_differ("", published["notes"][key], note))))
    return checks


def _differ(where: str, published: Any, computed: Any) -> Iterator[str]:
    if published != computed:
        yield f"{where + ': ' if where else ''}published {published}, recomputed {computed}"
