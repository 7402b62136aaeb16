"""Which pairs to show next: those whose next vote narrows the intervals most.

Chiang et al. 2024, arXiv 2403.04132, section 5, draws pairs in proportion to the drop in interval
width; there each pair narrows itself only. Here the joint covariance also counts what the vote
says about all other models. And a board is as sharp as its widest intervals, so the 4-norm of the
widths has to drop; their sum would leave the strongest and the weakest models behind.
"""

import numpy as np
from scipy.special import expit, ndtri

from ratings.engine.bradley_terry import Leaderboard, points_per_logit
from ratings.engine.ranks import difference_variance
from ratings.engine.tables import Floats

NORM = 4
ROUNDS = 100


def pairing_gain(board: Leaderboard) -> Floats:
    """Expected drop of the widths' 4-norm (a mean), in points, for one more vote of each pair.

    Shape (models, models), symmetric, 0 on the diagonal. A vote of (i, j) adds the information
    w = p (1 - p) in the direction d = e_i - e_j: the covariance C becomes
    C - w C d d' C / (1 + w d' C d). The drop of the norm, to first order, is a weighted sum of the
    drops of the variances over all models, for all pairs by one matrix product: C diag(weights) C.
    """
    c = board.covariance
    width = board.upper - board.lower
    if not width.any():
        return np.zeros_like(c)
    norm = float(np.mean(width**NORM)) ** (1 / NORM)
    z = float(ndtri(0.5 + board.conventions.confidence / 2))
    # width = 2 z sqrt(variance), and d norm = mean((width / norm)^(NORM - 1) d width).
    per_model = (width / norm) ** (NORM - 2) * 2 * z**2 / norm / len(width)
    points = points_per_logit(board.conventions)
    p = expit((board.ratings[:, None] - board.ratings[None, :]) / points)
    w = p * (1 - p) / points**2
    drop = difference_variance((c * per_model) @ c)
    gain: Floats = w * drop / (1 + w * np.maximum(difference_variance(c), 0.0))
    np.fill_diagonal(gain, 0.0)
    return np.maximum(gain, 0.0)


def pair_probabilities(gain: Floats, *, floor: float = 0.1, caps: Floats | None = None) -> Floats:
    """The chance of each pair to be shown next; symmetric, (models, models).

    Each unordered pair stands in it twice, so that a row's sum is the model's sampling rate (the
    share of battles it is in) and all sum to 2.

    Args:
        gain: as from `pairing_gain`.
        floor: this share of the battles is drawn from all pairs alike.
        caps: the highest sampling rate of each model, shape (models,): less than 1 for a new
            contestant, whose wide interval would else draw most battles. What it leaves goes to
            the pairs of models below their caps; where there are none, caps cannot hold, and the
            excess stays.
    """
    n = len(gain)
    if n < 2:
        return np.zeros((n, n))
    if not 0 <= floor <= 1:
        raise ValueError("The floor is a share of the battles.")
    uniform = (1 - np.eye(n)) / (n * (n - 1) / 2)
    total = gain.sum() / 2
    p: Floats = floor * uniform + (1 - floor) * (gain / total if total > 0 else uniform)
    if caps is None:
        return p
    full = np.zeros(n, dtype=bool)
    for _ in range(ROUNDS):
        rate = p.sum(axis=1)
        over = rate > caps * (1 + 1e-9)
        if not over.any():
            break
        full |= over
        free = np.outer(~full, ~full) & (p > 0)
        if not free.any():
            break
        shrink = np.where(over, caps / rate, 1.0)
        p = p * np.minimum(shrink[:, None], shrink[None, :])
        p[free] *= 1 + (2 - p.sum()) / p[free].sum()
    return p


def draw_pair(probabilities: Floats, rng: np.random.Generator) -> tuple[int, int]:
    """A pair with these chances, its sides at random."""
    flat = np.cumsum(probabilities)
    cell = int(np.searchsorted(flat, rng.random() * flat[-1], side="right"))
    a, b = divmod(cell, len(probabilities))
    return a, b
