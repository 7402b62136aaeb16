"""Collect every constant in the code that decides what is counted, held or drawn; and their digest.

No constant is listed by hand, so a new one cannot be forgotten. Of each module in `SOURCES` these
are collected:

- constants at the top of the module (upper case),
- defaults of the fields of its dataclasses, and other numbers that its classes define,
- numeric defaults of parameters,
- in `PURE` packages, floating-point numbers inside functions.

Where words and patterns decide (`WITH_TEXTS`), texts are collected, too. `OPERATIONAL` names the
constants that decide how fast something is computed, and nothing else.

The digest is of the values, without their names and places: it stays the same when a constant is
renamed or moved, and changes when a value changes, comes or goes.
"""

import ast
import dataclasses
import importlib
import inspect
import json
import pkgutil
import re
from collections.abc import Callable, Iterator, Mapping, Set
from datetime import timedelta
from enum import Enum
from functools import cache
from hashlib import sha256
from pathlib import Path
from types import GenericAlias, ModuleType, UnionType
from typing import Any

import numpy as np
from django.db.models import Model
from django.utils.functional import Promise

SOURCES = (
    "ratings.engine",
    "arena.text",
    "arena.leaderboards",
    "arena.battles.gold",
    "arena.battles.drawing.matchmaking",
    "arena.battles.models.battle",
    "arena.battles.prompts",
    "arena.battles.voting",
    "arena.integrity",
    "arena.voters.models",
    "arena.voters.throttling.risk",
)
"""Modules, and packages with all modules in them."""

LEFT_OUT = frozenset(
    {
        *("management", "migrations", "apps", "signals", "tasks"),
        *("live", "reading", "replay", "simulate", "simulator"),
        *("images", "image_decoder", "personal_data"),
    }
)
"""Modules of these names in `SOURCES` decide nothing about votes."""

PURE = ("ratings.engine", "arena.integrity.statistics", "arena.text")
"""Packages without side effects, where a number inside a function is part of a formula."""

WITH_TEXTS = ("arena.text", "ratings.engine.conventions")

OPERATIONAL = frozenset(
    {
        "arena.battles.prompts.known.BATCH",
        "arena.battles.prompts.named.KEPT_ERASED_FOR",
        "arena.integrity.board.FRESH_SECONDS",
        "arena.integrity.collusion.newcomers.CHANGED_AT_ONCE",
        "arena.integrity.collusion.targets.AT_ONCE",
        "arena.integrity.flags.trigger_word.FRESH_SECONDS",
        "arena.integrity.holding.HELD_AT_ONCE",
        "arena.integrity.ledger.LEDGER_PAIRS_PER_DELTA",
        "arena.integrity.weighing.WEIGHED_AT_ONCE",
        "arena.integrity.weights.bounding.LOCK",
        "arena.integrity.weights.bounding.SET_AT_ONCE",
        "arena.integrity.weights.period.FETCHED",
        "arena.leaderboards.boards.LANGUAGE_POSITION",
        "arena.leaderboards.fitting.URGENT_SECONDS",
        "arena.leaderboards.sampling.PAIRING_SECONDS",
        "arena.leaderboards.sampling.sampled_days",
        "ratings.engine.intervals.bootstrap.BLOCK",
        "ratings.engine.tables.CHUNK",
    }
)
"""Places of constants that change no result: sizes of batches, how long something is cached."""

INSIDE = "inside functions"

Leaf = str | float | bool


def collected(*, operational: Set[str] = OPERATIONAL) -> dict[str, list[Leaf]]:
    """The values of each constant by its place in the code; lists, mappings and arrays flattened.

    Args:
        operational: places that are left out.

    Raises:
        TypeError: a constant is of a type whose values are unknown here.
    """
    found: dict[str, list[Leaf]] = {}
    inside: set[float] = set()
    for module in _modules():
        with_texts = module.__name__.startswith(WITH_TEXTS)
        if module.__name__.startswith(PURE):
            inside |= _inside_functions(module)
        for name, value in (*_constants(module), *_defaults(module)):
            place = f"{module.__name__}.{name}"
            if place in operational:
                continue
            try:
                leaves = list(_leaves(value, with_texts=with_texts))
            except TypeError as error:
                raise TypeError(f"{place}: {error}") from error
            if leaves:
                found[place] = leaves
    return found | {INSIDE: sorted(map(_rounded, inside))}


def digest() -> str:
    """SHA-256 of all values, each constant's together, in an order that no name decides."""
    values = sorted(json.dumps(leaves) for leaves in collected().values())
    return sha256(json.dumps(values).encode()).hexdigest()


def _modules() -> Iterator[ModuleType]:
    for source in SOURCES:
        yield from _within(importlib.import_module(source))


def _within(module: ModuleType) -> Iterator[ModuleType]:
    yield module
    for found in pkgutil.iter_modules(getattr(module, "__path__", ())):
        if found.name not in LEFT_OUT:
            yield from _within(importlib.import_module(f"{module.__name__}.{found.name}"))


@cache
def _parsed(path: str) -> ast.Module:
    return ast.parse(Path(path).read_text())


def _constants(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What a module itself assigns to upper-case names."""
    for statement in _parsed(module.__file__ or "").body:
        if isinstance(statement, ast.Assign):
            targets = statement.targets
        elif isinstance(statement, ast.AnnAssign):
            targets = [statement.target]
        else:
            continue
        for node in [node for target in targets for node in ast.walk(target)]:
            if isinstance(node, ast.Name) and node.id.isupper():
                yield node.id, getattr(module, node.id)


def _inside_functions(module: ModuleType) -> set[float]:
    return {
        node.value
        for function in ast.walk(_parsed(module.__file__ or ""))
        if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)
        for node in ast.walk(function)
        if isinstance(node, ast.Constant) and isinstance(node.value, float)
    }


def _defaults(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """What the classes and functions of a module take unless the caller says otherwise."""
    for name, value in vars(module).items():
        if getattr(value, "__module__", None) != module.__name__:
            continue
        if inspect.isfunction(value):
            yield name, _parameters(value)
        elif inspect.isclass(value) and not issubclass(value, Model | Enum):
            yield name, _attributes(value, pure=module.__name__.startswith(PURE))
            for method in vars(value).values():
                function = getattr(method, "__func__", method)
                if inspect.isfunction(function) and not _is_generated(function, value):
                    yield f"{name}.{function.__name__}", _parameters(function)


def _is_generated(function: Callable[..., Any], owner: type) -> bool:
    return function.__name__ == "__init__" and dataclasses.is_dataclass(owner)


def _parameters(function: Callable[..., Any]) -> list[Any]:
    """Numeric defaults other than 0 and 1, which are those of signs and counters."""
    defaults = [each.default for each in inspect.signature(function).parameters.values()]
    return [value for value in defaults if _is_number(value) and value not in (0, 1)]


def _attributes(owner: type, *, pure: bool) -> list[Any]:
    """Defaults of a dataclass's fields in their order, or the numbers that a class defines."""
    if not dataclasses.is_dataclass(owner):
        return [value for value in vars(owner).values() if _is_number(value)]
    found = []
    for field in dataclasses.fields(owner):
        if field.default is not dataclasses.MISSING:
            found.append(field.default)
        elif pure and field.default_factory is not dataclasses.MISSING:
            found.append(field.default_factory())  # elsewhere it may well be a clock
    return [value for value in found if not isinstance(value, bool)]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | timedelta) and not isinstance(value, bool)


def _rounded(value: float) -> float:
    """To twelve digits: the last ones depend on the processor."""
    return float(f"{value:.12g}")


def _leaves(value: Any, *, with_texts: bool) -> Iterator[Leaf]:  # noqa: PLR0912 - by type
    match value:
        case bool() | np.bool_():
            yield bool(value)
        case Enum():
            yield from _leaves(value.value, with_texts=with_texts)
        case int() | float() | np.integer() | np.floating():
            yield _rounded(float(value))
        case timedelta():
            yield value.total_seconds()
        case str():
            if with_texts:
                yield value
        case re.Pattern():
            if with_texts:
                yield value.pattern
        case np.ndarray():
            yield from map(float, value.shape)
            yield from (_rounded(float(member)) for member in value.ravel())
        case slice():
            yield from _leaves([value.start, value.stop, value.step], with_texts=with_texts)
        case Mapping():
            for pair in value.items():
                yield from _leaves(pair, with_texts=with_texts)
        case list() | tuple():
            for member in value:
                yield from _leaves(member, with_texts=with_texts)
        case Set():
            members = [list(_leaves(member, with_texts=with_texts)) for member in value]
            for leaves in sorted(members, key=repr):
                yield from leaves
        case None | bytes() | Promise() | np.dtype() | type() | GenericAlias() | UnionType():
            return
        case _ if dataclasses.is_dataclass(value):
            for field in dataclasses.fields(value):
                yield from _leaves(getattr(value, field.name), with_texts=with_texts)
        case _ if callable(value) or type(value).__module__.startswith(("django.", "typing")):
            return
        case _ if hasattr(value, "__dict__"):
            yield from _leaves(list(vars(value).values()), with_texts=with_texts)
        case _:
            raise TypeError(f"the values of a {type(value).__name__} are unknown here")
