"""What is wrong with the rows of a file of votes, found on the distinct values of each column."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray
from pyarrow import compute

from ratings.engine.tables import Floats, Indices
from ratings.terminal import is_control, quoted
from ratings.votefile.errors import BadVotes
from ratings.votefile.rows import Rows, is_text
from ratings.votefile.source import reason
from ratings.votefile.winners import WINNERS

MOST_WEIGHT = 1e9
LEAST_WEIGHT = 1e-9
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d{1,3})?", re.IGNORECASE | re.ASCII)
_TRUTH = {"true": 1.0, "false": 0.0, "yes": 1.0, "no": 0.0}
_INVISIBLE = re.compile("[\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0\ufe00-\ufe0f]")


@dataclass(frozen=True, slots=True)
class _Coded:
    """A column of text: its distinct values, stripped, and the place of each row's; -1: none."""

    values: list[str]
    codes: Indices

    def mapped(self, by_value: Sequence[int], missing: int) -> NDArray[np.intp]:
        """A number for each row from one for each distinct value."""
        return np.append(np.asarray(by_value, dtype=np.intp), missing)[self.codes]


@dataclass(slots=True)
class Checked:
    """The rows with their faults.

    `why` is 0 for a good row, else a place in `reasons`; `numbers` are by the places of the
    columns, with NaN for what is no number. `voter` is a number for each voter, -1 for an unknown
    one.
    """

    a: _Coded
    b: _Coded
    outcome: NDArray[np.int8]
    numbers: dict[int, Floats]
    why: NDArray[np.int16]
    reasons: list[str]
    notes: list[str]
    voter: Indices | None = None

    def sides(self, kept: NDArray[np.bool_]) -> tuple[tuple[str, ...], Indices, Indices]:
        """The models of the kept rows in order of their names, and the places of both sides.

        Raises:
            BadVotes: two of the names look the same.
        """
        here: set[str] = set()
        for side in (self.a, self.b):
            here.update(side.values[code] for code in np.unique(side.codes[kept]).tolist())
        models = tuple(sorted(here))
        _check_twins(models)
        self.notes += _near_twins(models)
        place = {model: index for index, model in enumerate(models)}
        a, b = (
            side.mapped([place.get(value, -1) for value in side.values], -1)[kept]
            for side in (self.a, self.b)
        )
        return models, a, b


def checked(rows: Rows) -> Checked:
    """Check each row.

    Raises:
        BadVotes: a column cannot be read as text.
    """
    layout = rows.layout
    a, b = (_coded(rows, place) for place in (layout.a, layout.b))
    numbers = {place: _numbers(rows, place) for place in layout.numbers}
    found = Checked(
        a, b, np.zeros(len(rows), np.int8), numbers, np.zeros(len(rows), np.int16), [""], []
    )

    if layout.voter is not None:
        voter = _coded(rows, layout.voter)
        unnamed = [-1 if not value else place for place, value in enumerate(voter.values)]
        found.voter = voter.mapped(unnamed, -1)

    def fault(wrong: NDArray[np.bool_], why: str) -> None:
        wrong = wrong & (found.why == 0)
        if wrong.any():
            found.reasons.append(why)
            found.why[wrong] = len(found.reasons) - 1

    for side, place in ((a, layout.a), (b, layout.b)):
        name = layout.name(place)
        empty = [not value for value in side.values]
        fault(side.mapped(empty, 1) == 1, f"{name} is empty")
        steering = [any(map(is_control, value)) for value in side.values]
        fault(side.mapped(steering, 0) == 1, f"{name} has control characters")
    shared = {value: place for place, value in enumerate(dict.fromkeys(a.values + b.values))}
    ids_a, ids_b = (side.mapped([shared[v] for v in side.values], -1) for side in (a, b))
    fault(np.equal(ids_a, ids_b), "a model does not meet itself")
    if layout.winner is not None:
        winner = _coded(rows, layout.winner)
        found.outcome[:], ambiguous = _outcomes(winner, shared, ids_a, ids_b)
        why = "is the name of the other side's model: write model_a or model_b"
        fault(ambiguous, f"{layout.name(layout.winner)} {why}")
        why = f"{layout.name(layout.winner)} is none of model_a, model_b, tie, both_bad"
        fault(found.outcome < 0, why)
    else:
        names = ", ".join(layout.name(place) for place in layout.one_hot.values())
        columns = np.column_stack([numbers[place] for place in layout.one_hot.values()])
        known = np.isin(columns, (0.0, 1.0)).sum(axis=1)
        fault(np.less(known, columns.shape[1]), f"{names} are not all 0 or 1")
        ones = np.count_nonzero(columns == 1.0, axis=1)
        fault(np.not_equal(ones, 1), f"not exactly one of {names} is 1")
        codes = np.array(list(layout.one_hot), dtype=np.int8)
        found.outcome[:] = codes[np.nan_to_num(columns).argmax(axis=1)]
    counts = {places for pair in layout.style.values() if len(pair) == 2 for places in pair}
    for place, values in numbers.items():
        name = layout.name(place)
        fault(~np.isfinite(values), f"{name} is not a finite number")
        if place in counts or place == layout.weight:
            fault(values < 0, f"{name} is below 0")
        if place == layout.weight:
            fault(values > MOST_WEIGHT, f"{name} is above {MOST_WEIGHT:,.0f}")
            fault((values > 0) & (values < LEAST_WEIGHT), f"{name} is below {LEAST_WEIGHT:g}")
    return found


def _coded(rows: Rows, place: int) -> _Coded:
    column = rows.columns[place]
    try:
        if not pa.types.is_dictionary(column.type):
            column = column.cast(pa.string()).dictionary_encode()
        whole = column.unify_dictionaries().combine_chunks()
        if isinstance(whole, pa.ChunkedArray):  # of no row
            whole = pa.array([], pa.dictionary(pa.int32(), pa.string()))
        values = [(value or "").strip() for value in whole.dictionary.to_pylist()]
        codes = whole.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    except UnicodeDecodeError:
        raise BadVotes(f"column {rows.layout.name(place)} is not UTF-8.") from None
    except pa.ArrowException as error:
        raise BadVotes(f"column {rows.layout.name(place)} is not text: {reason(error)}") from None
    return _Coded(values, codes.astype(np.intp))


def _numbers(rows: Rows, place: int) -> Floats:
    """A column as numbers; NaN for what is none."""
    column = rows.columns[place]
    if pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    if not is_text(column.type):
        try:
            floats = column.cast(pa.float64(), safe=False)
        except pa.ArrowException as error:
            raise BadVotes(
                f"column {rows.layout.name(place)} is not numbers: {reason(error)}"
            ) from None
        return np.asarray(compute.fill_null(floats, float("nan")).to_numpy(), dtype=np.float64)
    coded = _coded(rows, place)
    by_value = [_number(value, comma=rows.decimal_comma) for value in coded.values]
    return np.append(np.array(by_value, dtype=np.float64), np.nan)[coded.codes]


def _number(text: str, *, comma: bool) -> float:
    if comma:
        text = text.replace(",", ".")
    return float(text) if _NUMBER.fullmatch(text) else _TRUTH.get(text.casefold(), float("nan"))


def _outcomes(
    winner: _Coded, shared: dict[str, int], ids_a: Indices, ids_b: Indices
) -> tuple[NDArray[np.int8], NDArray[np.bool_]]:
    """The code of each row's outcome, -1 for none, and where a word might mean two sides.

    A winner is one of the words of `WINNERS`, or the name of one of the row's models.
    """
    words = winner.mapped([WINNERS.get(value.casefold(), -1) for value in winner.values], -1)
    ids = winner.mapped([shared.get(value, -2) for value in winner.values], -2)
    named = np.full(len(words), -1)
    named[ids == ids_a] = 0
    named[ids == ids_b] = 1
    ambiguous = (words >= 0) & (named >= 0) & (words != named)
    outcome = np.where(words >= 0, words, named)
    outcome[ambiguous] = 0
    return outcome.astype(np.int8), ambiguous


def _look(name: str) -> str:
    """A name as the eye sees it: composed, one kind of blank, nothing invisible."""
    composed = unicodedata.normalize("NFC", _INVISIBLE.sub("", name))
    seen = "".join(c for c in composed if unicodedata.category(c) != "Cf")
    return " ".join(seen.split())


def _check_twins(models: tuple[str, ...]) -> None:
    seen: dict[str, str] = {}
    for model in models:
        twin = seen.setdefault(_look(model), model)
        if twin != model:
            raise BadVotes(
                f"two names look the same: {twin!a} and {model!a}. "
                "Write the model's name in one way (such as Unicode's NFC)."
            )


def _near_twins(models: tuple[str, ...]) -> Iterator[str]:
    seen: dict[str, str] = {}
    for model in models:
        folded = unicodedata.normalize("NFKC", _look(model)).casefold()
        twin = seen.setdefault(folded, model)
        if twin != model:
            yield f"{quoted(twin)} and {quoted(model)} are rated as two models."
