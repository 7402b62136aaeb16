"""What is said of one variable beside its type: its meaning, its unit, what production demands."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, cast, get_args, get_origin

from annotated_types import Ge, Gt, Le, Lt
from pydantic import Field
from pydantic.fields import FieldInfo


@dataclass(frozen=True, slots=True)
class Demand:
    """What production demands of a value; anything else is unsafe there."""

    holds: Callable[[Any], bool]
    rule: str  # for the table, such as "at most 0.05"
    complaint: str  # after the name, such as "must be at most 0.05 in production"

    @classmethod
    def be(cls, rule: str, holds: Callable[[Any], bool]) -> "Demand":
        """A demand whose complaint follows from its rule."""
        return cls(holds, rule, f"must be {rule} in production")


def at_most(limit: float) -> Demand:
    return Demand.be(f"at most {limit:g}", lambda value: value <= limit)


def at_least(limit: float) -> Demand:
    return Demand.be(f"at least {limit:g}", lambda value: value >= limit)


def zero_or_at_least(limit: float) -> Demand:
    return Demand.be(f"0 or at least {limit:g}", lambda value: value == 0 or value >= limit)


TRUE = Demand.be("true", bool)
NOT_EMPTY = Demand.be("set", bool)


@dataclass(frozen=True, slots=True)
class Variable:
    """What a field of the settings says of itself, beside its type, bounds and default."""

    unit: str
    form: str
    demand: Demand | None
    is_secret: bool
    default_text: str

    @classmethod
    def of(cls, field: FieldInfo) -> "Variable":
        return cast("dict[str, Variable]", field.json_schema_extra)["variable"]


def variable(
    default: Any = ...,
    meaning: str = "",
    *,
    unit: str = "",
    form: str = "",
    demand: Demand | None = None,
    is_secret: bool = False,
    default_text: str = "",
    **bounds: Any,
) -> Any:
    """A field of the settings.

    Args:
        default: as it would be written in the environment, or already as a value.
        meaning: for an operator, in Markdown.
        unit: of a number.
        form: what a value must be, where type and bounds do not say it.
        demand: what production demands of it.
        is_secret: never show its value.
        default_text: the default as the table shows it, if not as it is.
        bounds: `ge`, `gt`, `le`, `lt`, or `default_factory`, as pydantic takes them.
    """
    about: dict[str, Any] = {
        "variable": Variable(unit, form, demand, is_secret, default_text),
    }
    if "default_factory" not in bounds:
        bounds["default"] = default
    return Field(
        description=meaning,
        json_schema_extra=about,
        validate_default=True,
        **bounds,
    )


def expected(field: FieldInfo) -> str:
    """What a value must be, such as "a number above 0 and below 1"."""
    about = Variable.of(field)
    if about.form:
        return about.form
    kind = field.annotation
    if get_origin(kind) is Literal:
        return "one of " + ", ".join(map(str, get_args(kind)))
    if kind is bool:
        return "true or false"
    if get_origin(kind) is tuple:
        return "texts, separated by commas"
    if kind not in (int, float):
        return "a path" if kind is Path else "a text"
    words = "a whole number" if kind is int else "a number"
    bounds = " and ".join(filter(None, map(_bound, field.metadata)))
    return f"{words}, {bounds}" if bounds else words


def _bound(part: object) -> str:
    match part:
        case Ge(ge=limit):
            return f"at least {limit:,}"
        case Gt(gt=limit):
            return f"above {limit:,}"
        case Le(le=limit):
            return f"at most {limit:,}"
        case Lt(lt=limit):
            return f"below {limit:,}"
    return ""
