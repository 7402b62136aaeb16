"""Reads all variables, and reports everything that is wrong with them at once."""

import logging
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.fields import FieldInfo

from arena.processes import plan
from arena.settings.refusal import SettingsRefused
from arena.settings.schema.arena import PREFIX, ArenaSettings
from arena.settings.schema.deployment import DeploymentSettings
from arena.settings.schema.sections import Section
from arena.settings.schema.variable import Variable, expected

logger = logging.getLogger(__name__)

OF_TESTS = "ARENA_TEST_"

S = TypeVar("S", bound=Section)


@dataclass(frozen=True, slots=True)
class Loaded:
    """All settings that come from the environment."""

    arena: ArenaSettings
    deployment: DeploymentSettings

    @property
    def processes(self) -> Mapping[str, plan.Share]:
        """How many processes of each kind there are, and their connections to PostgreSQL."""
        return plan.parse(self.deployment.database_processes)

    @property
    def pool_size(self) -> int:
        """How many connections to PostgreSQL this process may hold."""
        return plan.pool_of(self.processes, self.arena.process)


def load(
    environ: Mapping[str, str] = os.environ,
    *,
    production: bool = False,
    required: Iterable[str] = (),
    advice: str = "",
    defaults: Mapping[str, str] | None = None,
) -> Loaded:
    """Read and check all variables.

    Args:
        environ: where the variables are.
        production: refuse unsafe values and unknown names as well.
        required: variables that must be given.
        advice: what to do if one of those is missing.
        defaults: values of variables that are not given, in place of the schema's.

    Raises:
        SettingsRefused: something is wrong. The message names all that is.
    """
    given = {**(defaults or {}), **environ}
    missing = [f"{name} must be set" for name in required if not given.get(name)]
    faults = [*missing]
    arena, wrong = _read(ArenaSettings, PREFIX, given)
    faults += [*wrong.values(), *arena.contradictions(frozenset(wrong))]
    deployment, wrong_here = _read(DeploymentSettings, "", given)
    faults += [*wrong_here.values(), *deployment.contradictions(frozenset(wrong_here))]
    loaded = Loaded(arena, deployment)
    if "database_processes" not in wrong_here and arena.process not in loaded.processes:
        faults.append(f"DATABASE_PROCESSES names no processes of the kind {arena.process!r}")
    if production:
        faults += [
            *_unsafe(arena, PREFIX, wrong),
            *_unsafe(deployment, "", wrong_here),
            *unknown(environ),
        ]
    if faults:
        raise SettingsRefused(faults, advice if missing else "")
    return loaded


def unknown(environ: Mapping[str, str]) -> list[str]:
    """A sentence for each ARENA_* variable that means nothing, with the nearest one that does."""
    known = [PREFIX + name.upper() for name in ArenaSettings.model_fields]
    sentences = []
    for name in sorted(environ):
        if name.startswith(PREFIX) and not name.startswith(OF_TESTS) and name not in known:
            near = get_close_matches(name, known, n=1)
            sentences.append(f"{name} is unknown" + (f"; did you mean {near[0]}?" if near else ""))
    return sentences


def warn_of_unknown(environ: Mapping[str, str] = os.environ) -> None:
    """Log the variables that production would refuse as unknown."""
    for sentence in unknown(environ):
        logger.warning("%s", sentence)


def _read(model: type[S], prefix: str, environ: Mapping[str, str]) -> tuple[S, dict[str, str]]:
    """The settings, with the default of what is wrong, and a sentence for each that is."""
    given: dict[str, Any] = {
        name: environ[prefix + name.upper()].strip()
        for name in model.model_fields
        if prefix + name.upper() in environ
    }
    try:
        return model.model_validate(given), {}
    except ValidationError as error:
        wrong = {
            str(detail["loc"][0]): str(detail.get("ctx", {}).get("error", ""))
            for detail in error.errors()
            if detail["loc"][0] in given  # not a default that could not be made from the others
        }
    sentences = {
        name: _complaint(prefix + name.upper(), model.model_fields[name], given[name], reason)
        for name, reason in wrong.items()
    }
    good = {name: text for name, text in given.items() if name not in wrong}
    return model.model_validate(good), sentences


def _complaint(name: str, field: FieldInfo, given: str, reason: str) -> str:
    about = Variable.of(field)
    if reason and about.is_secret and not about.form:
        return f"{name} {reason}"
    sentence = f"{name} must be {expected(field)}"
    return sentence if about.is_secret else f"{sentence}; it is {given!r}"


def _unsafe(settings: Section, prefix: str, wrong: Mapping[str, str]) -> list[str]:
    sentences = []
    for name, field in type(settings).model_fields.items():
        about, value = Variable.of(field), getattr(settings, name)
        if name in wrong or about.demand is None or about.demand.holds(value):
            continue
        sentence = f"{prefix}{name.upper()} {about.demand.complaint}"
        is_plain = isinstance(value, int | float | str) and not isinstance(value, bool)
        shows = is_plain and not about.is_secret
        sentences.append(f"{sentence}; it is {value}" if shows else sentence)
    return sentences
