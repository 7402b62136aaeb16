"""A leaderboard as it is published: the JSON that anyone can recompute, and its verification.

A snapshot is an object with these keys; others (board, style, published_at, ...) are allowed and
left alone:

- `conventions`: as in `Conventions`;
- `counts`: as in `PairTable.as_counts`, with which the board was fitted;
- `grid`: as in `StyleGrid.as_dict` where style is controlled, else null or missing; then `counts`
  are as in `StyledTable.as_counts`;
- `digest`: `PairTable.digest` (or `StyledTable.digest`) of these counts and the models of the rows;
- `clusters`: as in `Clusters.as_dict` where intervals are clustered by voter (may be missing);
- `rows`: best first, as in `snapshot_rows`;
- `votes`: how many were counted (may be missing);
- `notes`: what belongs to the board as a whole (may be missing): `fragility` {first, second, votes,
  share, reason} and `ties` {nu, at_par}, as in `board_notes`; where style is controlled, for `ties`
  `style`, a list of {name, coefficient, lower, upper}, as in `styled_notes`.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from ratings.core.bradley_terry import DEFAULT, Leaderboard, fit
from ratings.core.cells import StyledTable, StyleGrid, fit_cells
from ratings.core.clusters import Clusters
from ratings.core.conventions import Conventions
from ratings.core.fragility import Fragility, fragility, styled_fragility
from ratings.core.ranks import probability_first, shared_alike
from ratings.core.style import StyledLeaderboard
from ratings.core.tables import Floats, PairTable
from ratings.core.ties import TieFit, fit_ties

REQUIRED = ("conventions", "counts", "digest", "rows")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was recomputed, and where it differs; an empty list means that it agrees."""

    name: str
    differences: list[str]


def chances_first(board: Leaderboard) -> Floats:
    """`probability_first` of each model, shape (models,), whatever order the models stand in.

    Models of equal records have equal chances.
    """
    order = sorted(range(len(board.models)), key=board.models.__getitem__)
    chances = np.empty(len(order))
    chances[order] = probability_first(board.ratings[order], board.covariance[np.ix_(order, order)])
    if board.conventions.prior == "spread":
        chances = shared_alike(chances, board.ratings, board.covariance)
    return chances


def snapshot_rows(board: Leaderboard, tied: Leaderboard | None = None) -> list[dict[str, Any]]:
    """`Leaderboard.as_rows` with `first`, the chance to be truly first, to 4 decimals.

    With the board of a model of ties: its rating as `tie_rating`.
    """
    chances = dict(zip(board.models, chances_first(board).tolist(), strict=True))
    rows = [row | {"first": round(chances[row["slug"]], 4)} for row in board.as_rows()]
    if tied is not None:
        ratings = dict(zip(tied.models, tied.ratings.tolist(), strict=True))
        rows = [row | {"tie_rating": round(ratings[row["slug"]], 2)} for row in rows]
    return rows


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
    table: PairTable, conventions: Conventions = DEFAULT, clusters: Clusters | None = None
) -> dict[str, Any]:
    """Fit a board and give it as it is published.

    Raises:
        ValueError: the anchor is not among the models.
    """
    ties = fit_ties(table, conventions)
    return _with_clusters(clusters) | {
        "votes": int(table.total),
        "digest": table.digest(),
        "conventions": conventions.as_dict(),
        "counts": table.as_counts(),
        "rows": snapshot_rows(fit(table, conventions, clusters), ties.leaderboard),
        "notes": board_notes(table, ties, conventions),
    }


def _with_clusters(clusters: Clusters | None) -> dict[str, Any]:
    return {} if clusters is None else {"clusters": clusters.as_dict()}


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
    table: StyledTable, conventions: Conventions = DEFAULT, clusters: Clusters | None = None
) -> dict[str, Any]:
    """Fit a board with style held equal and give it as it is published.

    Raises:
        ValueError: the anchor is not among the models.
    """
    styled = fit_cells(table, conventions, clusters)
    return _with_clusters(clusters) | {
        "votes": int(table.counts.sum()),
        "digest": table.digest(),
        "conventions": conventions.as_dict(),
        "grid": table.grid.as_dict(),
        "counts": table.as_counts(),
        "rows": snapshot_rows(styled.leaderboard),
        "notes": styled_notes(table, styled, conventions),
    }


def _recomputed(published: Mapping[str, Any], clusters: Clusters | None) -> dict[str, Any]:
    """The snapshot again, from its counts and conventions, and the sums of its clusters."""
    conventions = Conventions.from_dict(published["conventions"])
    table = _table(published)
    if isinstance(table, PairTable):
        return snapshot(table, conventions, clusters)
    return styled_snapshot(table, conventions, clusters)


def _table(published: Mapping[str, Any]) -> PairTable | StyledTable:
    models = [row["slug"] for row in published["rows"]]
    if published.get("grid") is None:
        return PairTable.from_counts(models, published["counts"])
    grid = StyleGrid.from_dict(published["grid"])
    return StyledTable.from_counts(models, published["counts"], grid)


def _cluster_faults(published: Mapping[str, Any], clusters: Clusters) -> list[str]:
    table = _table(published)
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
