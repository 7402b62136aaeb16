"""Whether a voter prefers models as no honest voter would: a test that is valid at any time.

For each voter an e-process is kept: a product of likelihood ratios, one factor a vote, which for
an honest voter is in expectation at most 1 at every step, whatever was seen before. By Ville's
inequality (Ville 1939; Ramdas et al. 2023, arXiv 2210.01948, section 3) the chance that an honest
voter's value *ever* reaches 1/alpha is at most alpha, however often one looks.

**The null is composite.** Ties say nothing here (see `arena.integrity.statistics.voter.ties`). Of a
decided vote between a and b, with d the board's difference of their log-odds strengths, an honest
voter picks a with any probability between expit(low) and expit(high), where

    low = min(d c, d C) - t - z s,    high = max(d c, d C) + t + z s.

c and C bound how much fainter or sharper than the crowd a voter sees differences (`contrast`: the
careless and the expert), t how far the voter's taste may lie from the crowd's for this one pair
(`taste`, in log-odds), and z s how far the board may be wrong, s being the standard error of d: on
a young board anything is honest. The probability may depend on anything seen before; no model of
taste is assumed. Few votes tell little of a taste, so a narrow t holds the most of them; with
many, a lasting taste for one model would add up to evidence. From the `familiar`-th decided vote
on t grows with the logarithm of their number (`grows`): what a voter shows slowly is taste.

**Alternatives.** Each says with which probability q a rigger picks a. A rigger with a plan follows
it in a share of the votes and is the board's own average voter, p = expit(d), in the rest: q =
share + (1 - share) p where the plan says a, (1 - share) p where it says b. Plans are to favour or
to disfavour a model where it is shown ("target-only" rigging); the same of the model that the voter
met most often before, for riggers skip the battles of others; and to help a model in every
battle through the coupling of Bradley-Terry ("omnipresent" rigging, Min et al. 2025, arXiv
2501.17858). Others pick without looking: at random, or a side after a pattern, which is foretold
from the sides picked before (Krichevsky and Trofimov 1981, in contexts of up to four picks).

A vote's factor is the likelihood ratio of q against the closest honest probability, and 1 where q
is honest itself. That honest probability is the least favourable one (the ratio is monotone), so
the factor's expectation is at most 1 under every other too. q may use whatever came before the
vote. The e-process is a fixed mixture over all alternatives, all of one filtration: what is not
known of a rigger costs its logarithm, once. A part of it bets on nothing at first, and is dealt out
to the alternatives little by little, so that each begins many times: an account that turns after
many honest votes is bet on from a part that never bet against it. That is a mixture over when an
alternative begins, as in the e-detectors of Shin et al. 2024, arXiv 2203.03532.
"""

from dataclasses import dataclass, field
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from arena.integrity.statistics.voter.tie_rates import extra_room

Floats = NDArray[np.float64]

Indices = NDArray[np.intp]

SHARES = np.array([0.3, 0.6, 0.93])
"""How often a rigger keeps to the plan; the rest covers camouflage and errors."""

SURE = 0.99
"""No alternative foretells a vote more surely."""

PLANS = ("favours", "disfavours", "omnipresent")

WEIGHTS = {
    "favours": 0.18,
    "disfavours": 0.1,
    "omnipresent": 0.2,
    "most met": 0.16,
    "pattern": 0.12,
    "random": 0.04,
    "idle": 0.2,
}
"""Share of each kind of alternative in the mixture; what is "idle" begins later."""

BEGUN_EVERY = 10
"""After so many decided votes all alternatives begin anew with a part of what is idle."""

BEGUN_SLOWLY = 10
"""The k-th time the part is 1 / (k + this): what is left falls as 1 / k, and never ends."""

ORDERS = 5
"""Patterns foretell a side from the 0, 1, … 4 sides picked before."""


@dataclass(frozen=True, slots=True)
class Expected:
    """What the board, fitted without the voter, expects of one vote of each voter.

    `difference` (of side a, log-odds) and its standard error have shape (voters,); `helps_a`,
    shape (voters, models), says whether a win of a lifts each model on the board. `closeness` and
    `extra`, shape (voters,), are what `arena.integrity.statistics.voter.ties` needs of the pair.
    """

    difference: Floats
    error: Floats
    helps_a: NDArray[np.bool_]
    closeness: Floats = field(default_factory=lambda: np.zeros(1))
    extra: Floats = field(default_factory=lambda: np.zeros(1))


@dataclass(frozen=True, slots=True)
class Honesty:
    """The null: how far an honest voter may differ from the board."""

    taste: float = 0.1
    contrast: tuple[float, float] = (0.6, 1.2)
    errors: float = 2.0
    familiar: float = 300.0
    grows: float = 0.5

    def bounds(self, expected: Expected, decided: Floats) -> tuple[Floats, Floats]:
        """Least and greatest honest probability of picking a, shape (voters,) each.

        `decided` is how many votes each voter decided before, shape (voters,).
        """
        faint, sharp = (expected.difference * contrast for contrast in self.contrast)
        taste = self.taste + self.grows * np.log(np.maximum(decided / self.familiar, 1.0))
        margin = taste + self.errors * expected.error
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
        closeness: of each pair, as `TieCurve.closeness`, shape (models, models); None if nobody
            asks for it.
    """

    strengths: Floats
    covariance: Floats
    closeness: Floats | None = None

    def expected(self, a: Indices, b: Indices) -> Expected:
        """What it expects of votes between a and b, shape (voters,) each."""
        c = self.covariance
        variance = c[a, a] + c[b, b] - 2 * c[a, b]
        return Expected(
            difference=self.strengths[a] - self.strengths[b],
            error=np.sqrt(np.maximum(variance, 0.0)),
            helps_a=(c[:, a] > c[:, b]).T,
            closeness=np.zeros(len(a)) if self.closeness is None else self.closeness[a, b],
            extra=extra_room(self.strengths[a], self.strengths[b]),
        )


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to rig, and the model or the side (0: a) it is about.

    Kinds are those of `PLANS`, "side" (mostly one), "pattern", "random", "seeks" (of
    `arena.integrity.statistics.voter.target_seeking`), "ties_for" and "ties_against" (of
    `arena.integrity.statistics.voter.ties`).
    """

    kind: str
    model: int | None = None
    side: int | None = None


class Evidence:
    """Log-e-values of all alternatives for some voters side by side, in natural logarithms.

    A caller who keeps it between votes keeps `packed()` for each voter and nothing else; an update
    costs the same whatever the voter's history.

    `values`, shape (voters, 3 models, shares), holds for each model those of favouring,
    disfavouring and helping it everywhere; `leader`, shape (voters, 2, shares), of favouring and
    disfavouring the model `met` most in decided votes, shape (voters, models); `pattern`, shape
    (voters, ORDERS), of foretelling sides from how often each was `picked` after the `recent` ones;
    `random` and `idle` have shape (voters,).
    """

    def __init__(self, voters: int, models: int, honesty: Honesty = Honesty()) -> None:
        self.models = models
        self.honesty = honesty
        self.values = np.zeros((voters, len(PLANS) * models, len(SHARES)))
        self.leader = np.zeros((voters, 2, len(SHARES)))
        self.met = np.zeros((voters, models))
        self.pattern = np.zeros((voters, ORDERS))
        self.picked = np.zeros((voters, 2**ORDERS - 1, 2))
        self.recent = np.zeros(voters)
        self.random = np.zeros(voters)
        self.idle = np.zeros(voters)

    def packed(self, voter: int = 0) -> bytes:
        """One voter's evidence, float64."""
        return np.concatenate([part[voter].ravel() for part in self._parts()]).tobytes()

    @classmethod
    def unpacked(cls, packed: bytes, models: int) -> Self:
        """The inverse of `packed`, for as many models as it knew; no bytes are no votes."""
        evidence = cls(1, models)
        kept, start = np.frombuffer(packed), 0
        for part in evidence._parts() if packed else ():
            part[0] = kept[start : start + part[0].size].reshape(part[0].shape)
            start += part[0].size
        return evidence

    def grown(self, models: int) -> tuple[Self, float]:
        """The same evidence with room for contestants that came since, at the highest places.

        New alternatives start at an e-value of 1. Where that would raise the mixture, the second
        number, at most 0, takes it back when it is added to `log_e`: the value never grows by
        anything but votes. One voter only.
        """
        grown = type(self)(1, models, self.honesty)
        for name in ("leader", "pattern", "picked", "recent", "random", "idle"):
            getattr(grown, name)[:] = getattr(self, name)
        grown.met[:, : self.models] = self.met
        for plan, block in enumerate(np.split(self.values, len(PLANS), axis=1)):
            grown.values[:, plan * models : plan * models + self.models] = block
        return grown, min(0.0, float(self.log_e()[0] - grown.log_e()[0]))

    def update(self, expected: Expected, a: Indices, b: Indices, picked_a: Floats) -> None:
        """Take one vote of each voter into account.

        Args:
            a, b: the models on the sides, shape (voters,).
            picked_a: 1 if the voter picked a, 0 for b, NaN for a tie or both bad.
        """
        low, high = self.honesty.bounds(expected, self.picked[:, 0].sum(axis=1))
        n, voter, decided = self.models, np.arange(len(a)), ~np.isnan(picked_a)
        for_a, for_b = _plans(expit(expected.difference), low, high, picked_a)
        helps_a = expected.helps_a[:, :, None]
        self.values[:, 2 * n :] += np.where(helps_a, for_a[:, None], for_b[:, None])
        most = self.met.argmax(axis=1)
        for model, favoured, disfavoured in ((a, for_a, for_b), (b, for_b, for_a)):
            self.values[voter, model] += favoured
            self.values[voter, n + model] += disfavoured
            self.leader[:, 0] += np.where((model == most)[:, None], favoured, 0.0)
            self.leader[:, 1] += np.where((model == most)[:, None], disfavoured, 0.0)
            self.met[voter, model] += decided
        self.update_blind(low, high, picked_a)

    def update_blind(self, low: Floats, high: Floats, picked_a: Floats) -> None:
        """Take one vote of each voter into account that only tells who looks at the answers.

        Args:
            low, high: bounds of an honest voter's probability of picking a, shape (voters,).
        """
        self.random += log_factor(np.array(0.5), low, high, picked_a)
        voter = np.arange(len(picked_a))
        decided = ~np.isnan(picked_a)
        side = np.where(decided, 1 - picked_a, 0).astype(np.intp)
        recent = self.recent.astype(np.intp)
        contexts = 2 ** np.arange(ORDERS)
        place = contexts - 1 + recent[:, None] % contexts
        seen = self.picked[voter[:, None], place]
        q = np.minimum((seen[..., 0] + 0.5) / (seen.sum(axis=2) + 1), SURE)
        self.pattern += log_factor(q, low[:, None], high[:, None], picked_a[:, None])
        self.picked[voter[:, None], place, side[:, None]] += decided[:, None]
        after = (2 * recent + side) % 2 ** (ORDERS - 1)
        self.recent[:] = np.where(decided, after, recent)
        cast = self.picked[:, 0].sum(axis=1)
        self._begin(np.flatnonzero(decided & (cast % BEGUN_EVERY == 0)), cast / BEGUN_EVERY)

    def log_e(self) -> Floats:
        """The logarithm of each voter's e-value, shape (voters,)."""
        return self._mixed(np.arange(len(self.values)))

    def strongest(self, voter: int = 0) -> Alternative:
        """The alternative that explains a voter's votes best."""
        plans, leader = self.values[voter].max(axis=1), self.leader[voter].max(axis=1)
        patterns = self.pattern[voter]
        best = max(plans.max(), leader.max(), patterns.max(), self.random[voter])
        if best in leader:
            kind = PLANS[int(leader.argmax())]
            return Alternative(kind, model=int(self.met[voter].argmax()))
        if best in plans:
            plan, model = divmod(int(plans.argmax()), self.models)
            return Alternative(PLANS[plan], model=model)
        if best == patterns[0]:
            return Alternative("side", side=int(self.picked[voter, 0].argmax()))
        return Alternative("pattern" if best in patterns else "random")

    def of(self, alternative: Alternative) -> Floats:
        """Log-e-values of an alternative about a model, shape (voters, shares).

        They are 0 if no vote told of it: what came to it from the idle part is taken off.
        """
        if alternative.model is None:
            raise ValueError(f"{alternative.kind} is about no model")
        idle = WEIGHTS["idle"]
        untold = np.log((1 - idle * np.exp(self.idle)) / (1 - idle))
        row = PLANS.index(alternative.kind) * self.models + alternative.model
        found: Floats = self.values[:, row] - untold[:, None]
        return found

    def of_targets(self) -> Floats:
        """Log-e-values of bets on one plan for one model, shape (voters, 3 models).

        In the order of `values`, a mixture over the shares of votes; each is an e-process alone.
        """
        idle = WEIGHTS["idle"]
        told = log_sum(self.values, axis=2) - np.log(len(SHARES))
        found: Floats = np.logaddexp(np.log(1 - idle) + told, np.log(idle) + self.idle[:, None])
        return found

    def reached(self, threshold: float | Floats) -> NDArray[np.bool_]:
        """Whose log-e-value is at least the threshold now, shape (voters,).

        A mixture is at most its greatest part, which is much quicker to find.
        """
        threshold = np.broadcast_to(threshold, len(self.values))
        greatest = [part.reshape(len(part), -1).max(axis=1) for part in self._log_values().values()]
        found: NDArray[np.bool_] = np.max(greatest, axis=0) >= threshold
        voters = np.flatnonzero(found)
        if len(voters):
            found[voters] = self._mixed(voters) >= threshold[voters]
        return found

    def _begin(self, voters: Indices, times: Floats) -> None:
        """Let all alternatives of these voters begin anew: the whole stays what it was."""
        if not len(voters):
            return
        part = 1 / (times[voters] + BEGUN_SLOWLY)
        each = self.idle[voters] + np.log(part * WEIGHTS["idle"] / (1 - WEIGHTS["idle"]))
        for kind, values in self._log_values().items():
            if kind != "idle":
                begun = each.reshape(-1, *(1,) * (values.ndim - 1))
                values[voters] = np.logaddexp(values[voters], begun)
        self.idle[voters] += np.log1p(-part)

    def _parts(self) -> tuple[Floats, ...]:
        """All that is kept, as views with the voters first and at least two axes."""
        whole = (self.values, self.leader, self.met, self.pattern, self.picked)
        return (*whole, self.recent[:, None], self.random[:, None], self.idle[:, None])

    def _log_values(self) -> dict[str, Floats]:
        """Log-e-values by kind as in WEIGHTS, the voters first."""
        plans = np.split(self.values, len(PLANS), axis=1)
        return {
            **dict(zip(PLANS, plans, strict=True)),
            "most met": self.leader,
            "pattern": self.pattern,
            "random": self.random[:, None],
            "idle": self.idle[:, None],
        }

    def _mixed(self, voters: Indices) -> Floats:
        """The logarithm of the mixture over all alternatives, shape (voters,)."""
        weighted = []
        for kind, part in self._log_values().items():
            flat = part[voters].reshape(len(voters), -1)
            weighted.append(flat + np.log(WEIGHTS[kind] / flat.shape[1]))
        return log_sum(np.concatenate(weighted, axis=1), axis=1)


def _plans(p: Floats, low: Floats, high: Floats, picked_a: Floats) -> tuple[Floats, Floats]:
    """Log factors of plans that say a and of plans that say b, shape (voters, shares) each."""
    honest = (low[:, None], high[:, None], picked_a[:, None])
    rest = (1 - SHARES) * p[:, None]
    return (
        log_factor(np.minimum(SHARES + rest, SURE), *honest),
        log_factor(np.maximum(rest, 1 - SURE), *honest),
    )


def log_factor(q: Floats, low: Floats, high: Floats, picked_a: Floats) -> Floats:
    """Logarithm of a vote's likelihood ratio of q against the closest honest probability."""
    honest = np.clip(q, low, high)
    ratio = np.where(picked_a == 1, q / honest, (1 - q) / (1 - honest))
    factor: Floats = np.where(np.isnan(picked_a), 0.0, np.log(ratio))
    return factor


def log_sum(values: Floats, axis: int) -> Floats:
    """The logarithm of the sum of exponentials of finite values.

    SciPy's takes ten times as long for the few values of one voter.
    """
    greatest = values.max(axis=axis, keepdims=True)
    total = np.log(np.exp(values - greatest).sum(axis=axis, keepdims=True)) + greatest
    found: Floats = total.squeeze(axis)
    return found


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
