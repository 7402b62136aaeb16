"""A leaderboard as pages and the API show it."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from arena.contestants.models import Contestant
from arena.leaderboards.models import Board, Leaderboard, LiveElo, Style, Window

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

    `probability_best` is the probability that no other contestant is truly better. `tie_rating` is
    the rating by the model of ties, None where style is controlled. `elo` is the live Elo rating.
    `rating_as_cast` and `votes_as_cast` count each vote as 1, whatever it weighs; None where all
    weigh 1. `entries` is the number of entries of its organisation. `best_of_k_bias` is what the
    best of several is expected to gain by chance alone, in points; 0 for the others.
    `marks` say why a model is preliminary, as `ratings.engine.Leaderboard` does.
    """

    contestant: Contestant
    rating: float
    lower: float
    upper: float
    rank: int
    rank_low: int
    rank_high: int
    votes: int
    probability_best: float
    tie_rating: float | None
    rating_as_cast: float | None
    votes_as_cast: int | None
    elo: float | None
    preliminary: bool
    marks: tuple[str, ...]
    entries: int
    best_of_k_bias: float
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
    def percent_best(self) -> str:
        """The chance to be first in per cent; never 0 or 100, which no votes can show."""
        if self.probability_best < 0.001:
            return "<0.1"
        return ">99.9" if self.probability_best > 0.999 else f"{100 * self.probability_best:.1f}"


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
    diagnostics: dict[str, Any]
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
        found = self.diagnostics.get("fragility")
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
            for organisation, found in sorted(self.diagnostics.get("multiplicity", {}).items())
        ]

    @property
    def style_effects(self) -> list["StyleEffect"]:
        """What each feature of style is worth, where it is controlled."""
        return [StyleEffect(**effect) for effect in self.diagnostics.get("style", [])]


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
    elo = dict(LiveElo.objects.values_list("contestant", "elo"))
    multiplicity, seen = fitted.diagnostics.get("multiplicity", {}), set[str]()
    low = min((row["lower"] for row in fitted.rows), default=0.0)
    span = max((row["upper"] for row in fitted.rows), default=1.0) - low or 1.0
    rows = [
        LeaderboardRow(
            contestant=contestants[row["contestant"]],
            **{key: row[key] for key in ("rating", "lower", "upper", "votes")},
            **{key: row[key] for key in ("rank", "rank_low", "rank_high")},
            probability_best=row["first"],
            tie_rating=row.get("tie_rating"),
            rating_as_cast=row.get("rating_as_cast"),
            votes_as_cast=row.get("votes_as_cast"),
            elo=elo.get(row["contestant"]),
            preliminary=bool(row["marks"]),
            marks=tuple(row["marks"]),
            **_entries(contestants[row["contestant"]].organisation, multiplicity, seen),
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
        fitted.diagnostics,
        clustered=fitted.clusters is not None,
    )


def _entries(organisation: str, multiplicity: dict[str, Any], seen: set[str]) -> dict[str, Any]:
    """How many entries the organisation of a row has; its first row, the best, has their bias."""
    found = multiplicity.get(organisation, {"entries": 1, "gain": 0.0})
    best = organisation not in seen
    seen.add(organisation)
    return {"entries": found["entries"], "best_of_k_bias": found["gain"] if best else 0.0}
