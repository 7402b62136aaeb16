"""Whether a voter prefers models as no honest voter would: a test that is valid at any time.

For each voter an e-process is kept: a product of likelihood ratios, one factor a vote, which for
an honest voter is in expectation at most 1 at every step, whatever was seen before. By Ville's
inequality (Ville 1939; Ramdas et al. 2023, arXiv 2210.01948, section 3) the chance that an honest
voter's value *ever* reaches 1/alpha is at most alpha, however often one looks.

**The null is composite.** Ties say nothing here, for voters differ in how readily they call one. Of
a decided vote between a and b, with d the board's difference of their log-odds strengths, an honest
voter picks a with any probability between expit(low) and expit(high), where

    low = min(d c, d C) - t - z s,    high = max(d c, d C) + t + z s.

c and C bound how much fainter or sharper than the crowd a voter sees differences (`contrast`: the
careless and the expert), t how far the voter's taste may lie from the crowd's for this one pair
(`taste`, in log-odds), and z s how far the board may be wrong, s being the standard error of d: on
a young board anything is honest. The probability may depend on anything seen before; no model of
taste is assumed.

**Alternatives.** Each says with which probability q, at three levels, a rigger picks a: one who
favours or disfavours a model where it is shown ("target-only" rigging); one who helps a model in
every battle through the coupling of Bradley-Terry ("omnipresent" rigging, Min et al. 2025, arXiv
2501.17858); one who always picks one side; one who picks at random. A vote's factor is the
likelihood ratio of q against the closest honest probability, and 1 where q is honest itself. That
honest probability is the least favourable one (the ratio is monotone), so the factor's expectation
is at most 1 under every other too. The e-process is a fixed mixture over all alternatives: what is
not known of a rigger costs its logarithm, once.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit, logsumexp

Floats = NDArray[np.float64]
Indices = NDArray[np.intp]

LEVELS = np.array([0.75, 0.9, 0.97])
"""How faithfully a rigger keeps to the plan; the rest covers camouflage and errors."""

WEIGHTS = {"favours": 0.3, "disfavours": 0.2, "omnipresent": 0.3, "side": 0.15, "random": 0.05}
"""Share of each kind of alternative in the mixture."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the board, fitted without the voter, expects of one vote of each voter.

    `difference` (of side a, log-odds) and its standard error have shape (voters,); `helps_a`,
    shape (voters, models), says whether a win of a lifts each model on the board.
    """

    difference: Floats
    error: Floats
    helps_a: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Honesty:
    """The null: how far an honest voter may differ from the board."""

    taste: float = 0.1
    contrast: tuple[float, float] = (0.6, 1.2)
    errors: float = 2.0

    def bounds(self, expected: Expected) -> tuple[Floats, Floats]:
        """Least and greatest honest probability of picking a, shape (voters,) each."""
        faint, sharp = (expected.difference * contrast for contrast in self.contrast)
        margin = self.taste + self.errors * expected.error
        low: Floats = expit(np.minimum(faint, sharp) - margin)
        high: Floats = expit(np.maximum(faint, sharp) + margin)
        return low, high


@dataclass(frozen=True, slots=True)
class Prediction:
    """A fitted board.

    Args:
        strengths: in log-odds, shape (models,).
        covariance: the inverse Hessian of the fit, shape (models, models). Entry (m, a) less entry
            (m, b) has the sign of what a win of a over b does to the rating of m.
    """

    strengths: Floats
    covariance: Floats

    def expected(self, a: Indices, b: Indices) -> Expected:
        """What it expects of votes between a and b, shape (voters,) each."""
        c = self.covariance
        variance = c[a, a] + c[b, b] - 2 * c[a, b]
        return Expected(
            difference=self.strengths[a] - self.strengths[b],
            error=np.sqrt(np.maximum(variance, 0.0)),
            helps_a=(c[:, a] > c[:, b]).T,
        )


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to rig: its kind as in `WEIGHTS`, and the model or the side (0: a) it is about."""

    kind: str
    model: int | None = None
    side: int | None = None


class Evidence:
    """Log-e-values of all alternatives for some voters side by side, in natural logarithms.

    `values` has shape (voters, 3 models + 2, levels) for: favours, disfavours and omnipresent of
    each model, then side a and side b; `random` has shape (voters,).
    """

    def __init__(self, voters: int, models: int, honesty: Honesty = Honesty()) -> None:
        self.models = models
        self.honesty = honesty
        self.values = np.zeros((voters, 3 * models + 2, len(LEVELS)))
        self.random = np.zeros(voters)

    def update(self, expected: Expected, a: Indices, b: Indices, picked_a: Floats) -> None:
        """Take one vote of each voter into account.

        Args:
            a, b: the models on the sides, shape (voters,).
            picked_a: 1 if the voter picked a, 0 for b, NaN for a tie or both bad.
        """
        n, voter = self.models, np.arange(len(a))
        low, high = self.honesty.bounds(expected)
        for_a = _log_factor(LEVELS, low[:, None], high[:, None], picked_a[:, None])
        for_b = _log_factor(1 - LEVELS, low[:, None], high[:, None], picked_a[:, None])
        helps_a = expected.helps_a[:, :, None]
        self.values[:, 2 * n : 3 * n] += np.where(helps_a, for_a[:, None], for_b[:, None])
        for model, favoured, disfavoured in ((a, for_a, for_b), (b, for_b, for_a)):
            self.values[voter, model] += favoured
            self.values[voter, n + model] += disfavoured
        self.values[:, 3 * n] += for_a
        self.values[:, 3 * n + 1] += for_b
        self.random += _log_factor(np.array(0.5), low, high, picked_a)

    def log_e(self) -> Floats:
        """The logarithm of each voter's e-value, shape (voters,)."""
        return _mixed(self.values, self.random, self.models)

    def grown(self, models: int) -> tuple["Evidence", float]:
        """The same evidence with room for contestants that came since, at the highest places.

        New alternatives start at an e-value of 1. Where that would raise the mixture, the second
        number, at most 0, takes it back when it is added to `log_e`: the value never grows by
        anything but votes. One voter only.
        """
        grown = Evidence(1, models, self.honesty)
        n = self.models
        blocks = np.split(self.values, [n, 2 * n, 3 * n], axis=1)
        for start, block in zip((0, models, 2 * models, 3 * models), blocks, strict=True):
            grown.values[:, start : start + block.shape[1]] = block
        grown.random[:] = self.random
        return grown, min(0.0, float(self.log_e()[0] - grown.log_e()[0]))

    def strongest(self, voter: int = 0) -> Alternative:
        """The alternative that explains a voter's votes best."""
        best = self.values[voter].max(axis=1)
        place = int(best.argmax())
        if self.random[voter] > best[place]:
            return Alternative("random")
        kind, number = divmod(place, self.models)
        if kind < 3:
            return Alternative(("favours", "disfavours", "omnipresent")[kind], model=number)
        return Alternative("side", side=place - 3 * self.models)

    def reached(self, alpha: float) -> NDArray[np.bool_]:
        """Whose e-value is at least 1/alpha now, shape (voters,).

        A mixture is at most its greatest part, which is much quicker to find.
        """
        threshold = -np.log(alpha)
        found: NDArray[np.bool_] = (
            np.maximum(self.values.max(axis=(1, 2)), self.random) >= threshold
        )
        voters = np.flatnonzero(found)
        if not len(voters):
            return found
        log_e = _mixed(self.values[voters], self.random[voters], self.models)
        found[voters] = log_e >= threshold
        return found


def _mixed(values: Floats, random: Floats, models: int) -> Floats:
    """The logarithm of the mixture over all alternatives, shape (voters,)."""
    parts = {
        "favours": values[:, :models],
        "disfavours": values[:, models : 2 * models],
        "omnipresent": values[:, 2 * models : 3 * models],
        "side": values[:, 3 * models :],
    }
    mixed = [
        logsumexp(part, axis=(1, 2)) - np.log(part.shape[1] * part.shape[2] / WEIGHTS[kind])
        for kind, part in parts.items()
    ]
    mixed.append(random + np.log(WEIGHTS["random"]))
    total: Floats = logsumexp(mixed, axis=0)
    return total


def _log_factor(q: Floats, low: Floats, high: Floats, picked_a: Floats) -> Floats:
    """Logarithm of a vote's likelihood ratio of q against the closest honest probability."""
    honest = np.clip(q, low, high)
    ratio = np.where(picked_a == 1, q / honest, (1 - q) / (1 - honest))
    factor: Floats = np.where(np.isnan(picked_a), 0.0, np.log(ratio))
    return factor


def e_bh(log_e: Floats, alpha: float) -> NDArray[np.bool_]:
    """Which hypotheses e-BH rejects at false discovery rate alpha, shape (hypotheses,).

    Wang and Ramdas 2022, arXiv 2009.02824, section 4: the k greatest e-values are rejected for
    the largest k whose k-th greatest is at least m / (alpha k). Valid under any dependence.
    """
    m = len(log_e)
    ranked = np.sort(log_e)[::-1]
    passes = ranked >= np.log(m / alpha) - np.log(np.arange(1, m + 1))
    if not passes.any():
        return np.zeros(m, dtype=bool)
    rejected: NDArray[np.bool_] = log_e >= ranked[np.flatnonzero(passes)[-1]]
    return rejected
