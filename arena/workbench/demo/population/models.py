"""The models of the simulated site: invented names, a true strength and a way of writing each."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from arena.workbench.demo import texts
from arena.workbench.demo.texts import Asked, Voice

FAMILIES = {
    "Northwind Labs": ("Aster", ("2B", "8B", "27B", "70B")),
    "Harbour AI": ("Beacon", ("mini", "base", "large", "large thinking")),
    "Kestrel Research": ("Cirrus", ("3B", "12B", "34B", "34B chat")),
    "Université de Valmont": ("Diapason", ("7B", "13B", "40B")),
    "Open Meadow": ("Elder", ("1B", "4B", "9B", "9B v2")),
    "Quarry Systems": ("Flint", ("lite", "pro", "max")),
    "Lumen Collective": ("Grove", ("8B", "22B", "22B v2", "90B")),
    "Tidewater": ("Halyard", ("small", "medium", "large", "large v2")),
}
NEWCOMER, RETIRED = "halyard-large-v2", "aster-2b"
TAKE_IMAGES = ("beacon-large", "beacon-base", "grove-90b", "flint-max")
DEVIATION = 0.8  # of the true strengths, in log-odds
SEED = 20260831


@dataclass(frozen=True, slots=True)
class Player:
    """A contestant-to-be: its names, its strength to honest voters (log-odds), how it writes."""

    slug: str
    name: str
    organisation: str
    strength: float
    voice: Voice


@cache
def players(number: int = 30) -> dict[str, Player]:
    """So many models by slug, the weakest first, with the newcomer and the retired one."""
    rng = np.random.default_rng(SEED)
    names = [
        (organisation, f"{family} {size}")
        for organisation, (family, sizes) in FAMILIES.items()
        for size in sizes
    ]
    # Within a family, a later size is the stronger one.
    steps = np.concatenate([np.arange(len(sizes)) for _, sizes in FAMILIES.values()])
    strengths = DEVIATION * (0.7 * rng.standard_normal(len(names)) + 0.6 * (steps - 1.5))
    strengths -= strengths.mean()
    made = []
    for (organisation, name), strength in zip(names, strengths, strict=True):
        voice = Voice(
            sentences=int(rng.integers(2, 5) + (strength > 0)),
            lists=bool(rng.random() < 0.5),
            opening=int(rng.integers(4)) if rng.random() < 0.4 else None,
            closing=int(rng.integers(3)) if rng.random() < 0.3 else None,
        )
        slug = name.lower().replace(" ", "-")
        made.append(Player(slug, name, organisation, float(strength), voice))
    first = [each for each in made if each.slug in {NEWCOMER, RETIRED, *TAKE_IMAGES[:2]}]
    made = [*first, *(each for each in made if each not in first)][:number]
    return {each.slug: each for each in sorted(made, key=lambda each: each.strength)}


def spoken(slug: str, prompt: str) -> str:
    """What a model says in a live battle, each time a little differently."""
    asked = texts.recognised(prompt) or Asked(prompt, "en", texts.UNKNOWN)
    return texts.answer(asked, players()[slug].voice, np.random.default_rng())
