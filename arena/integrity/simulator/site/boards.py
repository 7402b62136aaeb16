"""The two sites that farms, gangs and crowds of honest voters are simulated on."""

import numpy as np

from arena.integrity.simulator.site.days import ESTABLISHED, YOUNG
from arena.integrity.simulator.site.farms import Site

MODELS = 100
TARGET = 40  # a model of the middle
BOARDS = {"established": (1.0, ESTABLISHED), "young": (0.3, YOUNG)}
"""Standard deviation of the models' strengths in log-odds, and the traffic."""


def site_on(board: str, seed: int) -> Site:
    """A site of `BOARDS` after ordinary days; the best model is the first."""
    deviation, traffic = BOARDS[board]
    strengths = deviation * np.random.default_rng(seed).standard_normal(MODELS)
    truth = np.sort(strengths - strengths.mean())[::-1]
    return Site.of(truth, traffic, seed=seed)
