"""The probes, one folder each with its tests. A folder exports its probe as `PROBE`."""

import importlib
import pkgutil
from functools import cache

from ratings.audit.probe import Probe


@cache
def all_probes() -> dict[str, Probe]:
    """Every probe by its name, which is that of its folder."""
    names = sorted(each.name for each in pkgutil.iter_modules(__path__))
    found: list[Probe] = [importlib.import_module(f"{__name__}.{name}").PROBE for name in names]
    return {probe.name: probe for probe in found}
