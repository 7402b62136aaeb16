"""Test whether a voter prefers models as no honest voter would. The test is valid at any time.

**E-process.** For each voter the test keeps a product of likelihood ratios, one factor for each
vote. For an honest voter each factor has an expectation of at most 1, given everything before. By
Ville's inequality (Ville 1939; Ramdas et al. 2023, arXiv 2210.01948, section 3) the chance that an
honest voter's product *ever* reaches 1/alpha is at most alpha, however often anyone looks.

**Null hypothesis.** It is composite: it allows many kinds of honest voters. Ties do not enter here
(see `ties`). In a decided vote between a and b, let d be the difference of their strengths on the
board, in log-odds. An honest voter picks a with any probability between expit(low) and expit(high):

    low = min(d c, d C) - t - z s,    high = max(d c, d C) + t + z s.

- c and C (`slope_range`) bound how much weaker or stronger than the crowd a voter sees differences:
  careless voters and experts.
- t (`preference_tolerance`, in log-odds) bounds how far a voter's preference for one model over
  another may lie from the crowd's.
- s is the standard error of d, and z is `error_multiple`: on a young board anything is honest.

The probability may depend on anything seen before. A few votes say little about a preference, so a
narrow t covers them; with many votes, a lasting preference for one model would look like evidence.
From the `adaptation_votes`-th decided vote on, t therefore grows with the logarithm of the number
of votes (`adaptation_rate`).

**Alternatives.** Each alternative is a way to rig, with a probability q of picking a. A rigger with
a plan follows it in a share of the votes, and votes like the average voter, p = expit(d), in the
rest: q = share + (1 - share) p if the plan says a, (1 - share) p if it says b. The plans are

- favour, or disfavour, one model wherever it is shown ("target-only" rigging);
- favour, or disfavour, the model that the voter has seen most often, because riggers skip the
  battles of other models;
- raise one model in every battle, through the coupling of the Bradley-Terry model ("omnipresent"
  rigging, Min et al. 2025, arXiv 2501.17858).

Other alternatives do not look at the answers: picks at random, or a pattern of sides, predicted
from the sides picked before (Krichevsky and Trofimov 1981, in contexts of up to four picks).

**Factor.** A vote's factor is the likelihood ratio of q against the closest honest probability, and
1 if q is honest itself. The closest honest probability is the least favourable one, because the
ratio is monotone; so the expectation is at most 1 under every other honest probability too. q may
use everything before the vote.

**Mixture.** The e-process is a mixture of all alternatives with fixed weights. Not knowing how
somebody rigs costs the logarithm of a weight, once. A part of the mixture is unallocated at first
and bets on nothing. At intervals, some of it goes to all alternatives (a restart), so an account
that turns after many honest votes faces a bet that has not lost before. This is a mixture over the
time at which rigging begins, as in the e-detectors of Shin et al. 2024, arXiv 2203.03532.
"""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

from arena.integrity.statistics.e_values import log_factor, log_sum
from arena.integrity.statistics.prediction import Expected, Floats, Indices

SHARES = np.array([0.3, 0.6, 0.93])
"""Shares of votes in which a rigger follows the plan; the rest is camouflage and errors."""

MAX_PROBABILITY = 0.99
"""No alternative predicts a vote with a higher probability."""

PLANS = ("favours", "disfavours", "omnipresent")

WEIGHTS = {
    "favours": 0.18,
    "disfavours": 0.1,
    "omnipresent": 0.2,
    "most seen": 0.16,
    "pattern": 0.12,
    "random": 0.04,
    "unallocated": 0.2,
}
"""Weight of each kind of alternative in the mixture; see **Mixture** on what is unallocated."""

RESTART_EVERY = 10
"""After so many decided votes all alternatives restart with a part of the unallocated rest."""

RESTART_OFFSET = 10
"""At the k-th restart the part is 1 / (k + this): the rest falls as 1 / k and never ends."""

ORDERS = 5
"""Patterns predict a side from the 0, 1, … 4 sides picked before."""


@dataclass(frozen=True, slots=True)
class NullHypothesis:
    """How far an honest voter may differ from the board; see the module."""

    preference_tolerance: float = 0.1
    slope_range: tuple[float, float] = (0.6, 1.2)
    error_multiple: float = 2.0
    adaptation_votes: float = 300.0
    adaptation_rate: float = 0.5

    def bounds(self, expected: Expected, decided: Floats) -> tuple[Floats, Floats]:
        """Lowest and highest honest probability of picking a, shape (voters,) each.

        Args:
            decided: number of decided votes of each voter before this one, shape (voters,).
        """
        flat, steep = (expected.difference * slope for slope in self.slope_range)
        tolerance = self.preference_tolerance + self.adaptation_rate * np.log(
            np.maximum(decided / self.adaptation_votes, 1.0)
        )
        margin = tolerance + self.error_multiple * expected.error
        low: Floats = expit(np.minimum(flat, steep) - margin)
        high: Floats = expit(np.maximum(flat, steep) + margin)
        return low, high


@dataclass(frozen=True, slots=True)
class Alternative:
    """One way to rig, and the model or the side (0: a) that it is about.

    Kinds are those of `PLANS`; "side" (mostly one side), "pattern", "random"; "seeks" (from
    `target_seeking`); "ties_for" and "ties_against" (from `ties`).
    """

    kind: str
    model: int | None = None
    side: int | None = None


class PreferenceEvidence:
    """Log-e-values (natural logarithms) of all alternatives, for several voters side by side.

    Between votes, store `packed()` for each voter. An update costs the same however many votes the
    voter cast before.

    Attributes:
        values: for each model favouring, disfavouring, and raising it everywhere; shape (voters,
            3 models, shares).
        most_seen: favouring and disfavouring the model seen most; shape (voters, 2, shares).
        seen: number of decided votes with each model; shape (voters, models).
        pattern: predicting sides from contexts of 0 to 4 picks; shape (voters, ORDERS).
        picked: how often each side was picked in each context; shape (voters, contexts, 2).
        recent: the latest picks as the bits of a number; shape (voters,).
        random, unallocated: shape (voters,).
    """

    def __init__(self, voters: int, models: int, null: NullHypothesis = NullHypothesis()) -> None:
        self.models = models
        self.null = null
        self.values = np.zeros((voters, len(PLANS) * models, len(SHARES)))
        self.most_seen = np.zeros((voters, 2, len(SHARES)))
        self.seen = np.zeros((voters, models))
        self.pattern = np.zeros((voters, ORDERS))
        self.picked = np.zeros((voters, 2**ORDERS - 1, 2))
        self.recent = np.zeros(voters)
        self.random = np.zeros(voters)
        self.unallocated = np.zeros(voters)

    def packed(self, voter: int = 0) -> bytes:
        """The evidence of one voter as float64 values."""
        return np.concatenate([part[voter].ravel() for part in self._parts()]).tobytes()

    @classmethod
    def unpacked(cls, packed: bytes, models: int) -> Self:
        """The inverse of `packed`, for the same number of models; empty bytes mean no votes."""
        evidence = cls(1, models)
        kept, start = np.frombuffer(packed), 0
        for part in evidence._parts() if packed else ():
            part[0] = kept[start : start + part[0].size].reshape(part[0].shape)
            start += part[0].size
        return evidence

    def grown(self, models: int) -> tuple[Self, float]:
        """The same evidence with room for new models at the highest places, and an offset.

        Alternatives about new models start at an e-value of 1. If that raises the mixture, the
        offset, at most 0, makes up for it when it is added to `log_e`: only votes raise the
        e-value. For one voter only.
        """
        grown = type(self)(1, models, self.null)
        for name in ("most_seen", "pattern", "picked", "recent", "random", "unallocated"):
            getattr(grown, name)[:] = getattr(self, name)
        grown.seen[:, : self.models] = self.seen
        for plan, block in enumerate(np.split(self.values, len(PLANS), axis=1)):
            grown.values[:, plan * models : plan * models + self.models] = block
        return grown, min(0.0, float(self.log_e()[0] - grown.log_e()[0]))

    def update(self, expected: Expected, a: Indices, b: Indices, picked_a: Floats) -> None:
        """Update the evidence with one vote of each voter.

        Args:
            a, b: the models on the sides, shape (voters,).
            picked_a: 1 if the voter picked a, 0 for b, NaN for a tie or both bad.
        """
        low, high = self.null.bounds(expected, self.picked[:, 0].sum(axis=1))
        n, voter, decided = self.models, np.arange(len(a)), ~np.isnan(picked_a)
        for_a, for_b = _plans(expit(expected.difference), low, high, picked_a)
        raises = expected.gradient_sign[:, :, None]
        self.values[:, 2 * n :] += np.where(raises, for_a[:, None], for_b[:, None])
        most = self.seen.argmax(axis=1)
        for model, favoured, disfavoured in ((a, for_a, for_b), (b, for_b, for_a)):
            self.values[voter, model] += favoured
            self.values[voter, n + model] += disfavoured
            self.most_seen[:, 0] += np.where((model == most)[:, None], favoured, 0.0)
            self.most_seen[:, 1] += np.where((model == most)[:, None], disfavoured, 0.0)
            self.seen[voter, model] += decided
        self.update_blind(low, high, picked_a)

    def update_blind(self, low: Floats, high: Floats, picked_a: Floats) -> None:
        """Update the alternatives that do not look at the answers with one vote of each voter.

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
        q = np.minimum((seen[..., 0] + 0.5) / (seen.sum(axis=2) + 1), MAX_PROBABILITY)
        self.pattern += log_factor(q, low[:, None], high[:, None], picked_a[:, None])
        self.picked[voter[:, None], place, side[:, None]] += decided[:, None]
        after = (2 * recent + side) % 2 ** (ORDERS - 1)
        self.recent[:] = np.where(decided, after, recent)
        cast = self.picked[:, 0].sum(axis=1)
        self._restart(np.flatnonzero(decided & (cast % RESTART_EVERY == 0)), cast / RESTART_EVERY)

    def log_e(self) -> Floats:
        """The logarithm of each voter's e-value, shape (voters,)."""
        return self._mixed(np.arange(len(self.values)))

    def strongest(self, voter: int = 0) -> Alternative:
        """The alternative with the highest e-value of a voter."""
        plans, most_seen = self.values[voter].max(axis=1), self.most_seen[voter].max(axis=1)
        patterns = self.pattern[voter]
        best = max(plans.max(), most_seen.max(), patterns.max(), self.random[voter])
        if best in most_seen:
            kind = PLANS[int(most_seen.argmax())]
            return Alternative(kind, model=int(self.seen[voter].argmax()))
        if best in plans:
            plan, model = divmod(int(plans.argmax()), self.models)
            return Alternative(PLANS[plan], model=model)
        if best == patterns[0]:
            return Alternative("side", side=int(self.picked[voter, 0].argmax()))
        return Alternative("pattern" if best in patterns else "random")

    def of(self, alternative: Alternative) -> Floats:
        """Log-e-values of an alternative about a model, shape (voters, shares).

        Without what restarts added to them, so that they are 0 if no vote speaks for or against
        the alternative.

        Raises:
            ValueError: the alternative is about no model.
        """
        if alternative.model is None:
            raise ValueError(f"{alternative.kind} is about no model")
        rest = WEIGHTS["unallocated"]
        restarted = np.log((1 - rest * np.exp(self.unallocated)) / (1 - rest))
        row = PLANS.index(alternative.kind) * self.models + alternative.model
        found: Floats = self.values[:, row] - restarted[:, None]
        return found

    def of_targets(self) -> Floats:
        """Log-e-values of each plan for each model alone, shape (voters, 3 models).

        In the order of `values`. Each is an e-process of its own: a mixture over the shares.
        """
        rest = WEIGHTS["unallocated"]
        mixed = log_sum(self.values, axis=2) - np.log(len(SHARES))
        unallocated = np.log(rest) + self.unallocated[:, None]
        found: Floats = np.logaddexp(np.log(1 - rest) + mixed, unallocated)
        return found

    def reached(self, threshold: float | Floats) -> NDArray[np.bool_]:
        """Whether each voter's log-e-value is at least the threshold, shape (voters,).

        Computes the mixture only for voters whose greatest part is over the threshold.
        """
        threshold = np.broadcast_to(threshold, len(self.values))
        greatest = [part.reshape(len(part), -1).max(axis=1) for part in self._log_values().values()]
        found: NDArray[np.bool_] = np.max(greatest, axis=0) >= threshold
        voters = np.flatnonzero(found)
        if len(voters):
            found[voters] = self._mixed(voters) >= threshold[voters]
        return found

    def _restart(self, voters: Indices, times: Floats) -> None:
        """Restart all alternatives of these voters; the mixture keeps its value."""
        if not len(voters):
            return
        part = 1 / (times[voters] + RESTART_OFFSET)
        rest = WEIGHTS["unallocated"]
        each = self.unallocated[voters] + np.log(part * rest / (1 - rest))
        for kind, values in self._log_values().items():
            if kind != "unallocated":
                restarted = each.reshape(-1, *(1,) * (values.ndim - 1))
                values[voters] = np.logaddexp(values[voters], restarted)
        self.unallocated[voters] += np.log1p(-part)

    def _parts(self) -> tuple[Floats, ...]:
        """All that `packed` stores: views with the voters first and at least two axes."""
        whole = (self.values, self.most_seen, self.seen, self.pattern, self.picked)
        return (*whole, self.recent[:, None], self.random[:, None], self.unallocated[:, None])

    def _log_values(self) -> dict[str, Floats]:
        """Log-e-values by kind as in WEIGHTS, the voters first."""
        plans = np.split(self.values, len(PLANS), axis=1)
        return {
            **dict(zip(PLANS, plans, strict=True)),
            "most seen": self.most_seen,
            "pattern": self.pattern,
            "random": self.random[:, None],
            "unallocated": self.unallocated[:, None],
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
        log_factor(np.minimum(SHARES + rest, MAX_PROBABILITY), *honest),
        log_factor(np.maximum(rest, 1 - MAX_PROBABILITY), *honest),
    )
