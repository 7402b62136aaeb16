"""Which columns of a file say what, by their names.

Upper and lower case, blanks and hyphens in a name make no difference.
"""

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from ratings.terminal import printable
from ratings.votefile.errors import BadVotes

SIDES = (
    ("model_a", "model_b"),
    ("left", "right"),
    ("model_1", "model_2"),
    ("modela", "modelb"),
    ("model1", "model2"),
    ("model_left", "model_right"),
    ("player_a", "player_b"),
)
WINNER = ("winner", "outcome", "result", "preference")
ONE_HOT = (
    ("winner_model_a", "winner_a", "winner_left"),
    ("winner_model_b", "winner_b", "winner_right"),
    ("winner_tie", "winner_draw"),
    ("winner_both_bad", "winner_bothbad", "winner_tie_bothbad", "winner_tie_both_bad"),
)
"""By the code of the outcome: a column that is 1 where this is the outcome, else 0."""
WEIGHT = ("weight", "weights")
DISCOUNT = "weight_reason"
"""In the exports of a site, whose weights say how much of a vote of weight 1 is left."""
VOTER = ("voter", "voter_id", "judge", "judge_id", "user", "user_id", "annotator", "annotator_id")
LISTED = 20  # columns that an error lists


def folded(name: str) -> str:
    """The name of a column without what makes no difference."""
    name = unicodedata.normalize("NFKC", name).strip().strip("\ufeff\"'").strip().casefold()
    return re.sub(r"[\s\-_.]+", "_", name)


@dataclass(frozen=True, slots=True)
class Layout:
    """The columns of a file that are read, by their places.

    Either `winner` is there, or `one_hot`, the places by the code of the outcome. A style feature
    has one place (its difference) or two (its counts). `voter` says whose vote a row is. Where
    weights are `discounts`, 1 is a whole vote; else only their proportions say anything.
    """

    columns: tuple[str, ...]
    a: int
    b: int
    winner: int | None
    one_hot: Mapping[int, int]
    weight: int | None
    style: Mapping[str, tuple[int, ...]]
    voter: int | None = None
    discounts: bool = False

    @property
    def text(self) -> tuple[int, ...]:
        """The places of the columns of names."""
        places = (self.a, self.b, self.winner, self.voter)
        return tuple(place for place in places if place is not None)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The places of the columns of numbers."""
        return (
            *self.one_hot.values(),
            *(() if self.weight is None else (self.weight,)),
            *(place for places in self.style.values() for place in places),
        )

    @property
    def used(self) -> tuple[int, ...]:
        """All places that are read, in their order."""
        return tuple(sorted({*self.text, *self.numbers}))

    def name(self, place: int) -> str:
        """A column's name as it is printed."""
        return printable(self.columns[place].strip())

    def described(self) -> str:
        """What was understood, in a few words."""
        won = self.one_hot.values() if self.winner is None else (self.winner,)
        parts = [
            f"models in {self.name(self.a)} and {self.name(self.b)}",
            f"winner in {', '.join(map(self.name, won))}",
        ]
        if self.weight is not None:
            parts.append(f"weight in {self.name(self.weight)}")
        if self.voter is not None:
            parts.append(f"voter in {self.name(self.voter)}")
        if self.style:
            places = [place for places in self.style.values() for place in places]
            parts.append(f"style in {', '.join(map(self.name, places))}")
        return "; ".join(parts)


def understood(columns: Sequence[str], style: Sequence[str] = ()) -> Layout:
    """Find the columns of votes.

    Args:
        columns: the names as they stand in the file.
        style: names of style features.

    Raises:
        BadVotes: a column is missing, or stands there twice.
    """
    places: dict[str, list[int]] = {}
    for place, column in enumerate(columns):
        places.setdefault(folded(column), []).append(place)
    a, b = next((pair for pair in SIDES if all(side in places for side in pair)), SIDES[0])
    winner = next((name for name in WINNER if name in places), None)
    one_hot: dict[int, str] = {}
    if winner is None:
        for code, names in enumerate(ONE_HOT):
            if found := [name for name in names if name in places]:
                one_hot[code] = found[0]
        if not {0, 1} <= one_hot.keys():
            one_hot, winner = {}, WINNER[0]
    features = {name: tuple(_feature(name, places)) for name in style}
    weight = next((name for name in WEIGHT if name in places), None)
    wanted = [a, b, *one_hot.values(), *(name for names in features.values() for name in names)]
    wanted += [name for name in (winner, weight) if name is not None]
    if missing := [name for name in dict.fromkeys(wanted) if name not in places]:
        raise BadVotes(
            f"column {', '.join(map(printable, missing))} is missing; "
            f"there are {_listed(columns)}. Votes need model_a and model_b (or left and right), "
            "and winner (or winner_model_a, winner_model_b and winner_tie)."
        )
    for name in wanted:
        if len(places[name]) > 1:
            which = " and ".join(f"{place + 1}" for place in places[name])
            raise BadVotes(
                f"column {printable(name)} stands there twice, as columns {which}; "
                "it is not known which of them is meant."
            )
    voter = next((places[name][0] for name in VOTER if len(places.get(name, [])) == 1), None)
    at = {name: places[name][0] for name in wanted}
    return Layout(
        columns=tuple(columns),
        a=at[a],
        b=at[b],
        winner=None if winner is None else at[winner],
        one_hot={code: at[name] for code, name in one_hot.items()},
        weight=None if weight is None else at[weight],
        style={name: tuple(at[each] for each in names) for name, names in features.items()},
        voter=voter if voter not in at.values() else None,
        discounts=weight is not None and DISCOUNT in places,
    )


def _feature(name: str, places: Mapping[str, object]) -> Iterator[str]:
    name = folded(name)
    if name in places:
        yield name
    else:
        yield from (f"{name}_a", f"{name}_b")


def _listed(columns: Sequence[str]) -> str:
    names = ", ".join(printable(column.strip()[:60]) or "''" for column in columns[:LISTED])
    more = len(columns) - LISTED
    return f"{names} and {more} more" if more > 0 else names
