"""The contestants of the simulated site: invented names, with a true strength each."""

from dataclasses import dataclass

import numpy as np

from arena.contestants.models import Contestant
from arena.contestants.services import EndpointSpec, register

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
DEVIATION = 0.8  # of the true strengths, in log-odds
SEED = 20260831


@dataclass(frozen=True, slots=True)
class Player:
    """A contestant and what honest voters make of it: log-odds strength, and how it writes."""

    contestant: Contestant
    strength: float
    length: int  # sentences of an answer
    formatted: bool


def enter(base_url: str) -> list[Player]:
    """Register all contestants with the fake endpoint at this address; strongest last."""
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
    players = []
    for (organisation, name), strength in zip(names, strengths, strict=True):
        slug = name.lower().replace(" ", "-")
        contestant = register(
            slug=slug,
            name=name,
            organisation=organisation,
            licence="Apache-2.0" if rng.random() < 0.5 else "Proprietary",
            description=f"{name} is an invented model of this simulated site. Its answers come "
            "from the fake endpoint, and no vote on it was cast by a human.",
            endpoint=EndpointSpec(base_url=base_url, model_id=f"english~{slug}"),
        )
        length = int(rng.integers(2, 7) + (strength > 0))
        players.append(Player(contestant, float(strength), length, bool(rng.random() < 0.5)))
    return sorted(players, key=lambda player: player.strength)
