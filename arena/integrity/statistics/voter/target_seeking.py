"""Whether a voter seeks the battles of one model: votes on these and leaves the others.

Whoever rigs for a model needs battles that show it, one in fifty among a hundred models, and gets
them by opening many and leaving most. The arena draws the pairs, not the voter; so which of them
get a vote tells of a rigger however they vote, with ties too.

**Null.** Between two votes a voter opened some battles, read their answers, and left them; the last
one got a vote. An honest voter leaves battles for any reason, and may be likelier to leave those of
a model that is dull, slow or plainly worse; but the odds of a battle getting a vote differ between
models by a factor of at most `FREELY`. The pairs being drawn alike and independently, which of the
battles is the last one is then the choice of a conditional logit: of n battles, k of which show
model m, the one voted on shows m with a probability between k / (k + F (n - k)) and F k / (F k + n
- k), whatever came before (McFadden 1974, "Conditional logit analysis of qualitative choice
behavior"; Cox 1972 for the product of such factors over time). Who votes on every battle has n = 1
each time, and a factor of exactly 1.

**Alternatives.** For each model, that its battles get a vote with `SOUGHT` times the odds of
others. A vote's factor is the likelihood ratio against the closest honest probability, so its
expectation is at most 1. A part follows the model that the earlier votes speak of most, whichever
that is: it need not know the target beforehand. Most of the e-value bets on nothing (`IDLE`), and
models that are not there yet have their share in the mixture from the start (`ROOM`), so that
nothing has to be dealt out anew when they come.

**Together with the votes themselves.** Which battle gets a vote comes before how, and each has a
factor whose expectation is at most 1 given all before; so the product of the e-values is a test
martingale too, as in `arena.integrity.statistics.voter.gold`.
"""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from arena.integrity.statistics.voter.preference import Floats, Indices, log_factor, log_sum

FREELY = 10.0
"""Factor by which an honest voter's odds of voting on a battle may differ between models."""

SOUGHT = np.array([100.0, 1000.0])
"""The same of riggers, for their target."""

IDLE = 0.65
"""Part of the e-value that bets on nothing, so that nobody else's evidence is made less."""

LEADER = 0.15
"""Part of the e-value that bets on the one model that the votes before speak of most."""

ROOM = 1000
"""Models that are bet on, those with the lowest places."""


class Seeking:
    """Log-e-values of seeking each model, for some voters: `values`, shape (voters, models, 2).

    `battles`, shape (voters,), counts those since the last one voted on, and `shown`, shape
    (voters, models), how many of them show each model.
    """

    def __init__(self, voters: int, models: int) -> None:
        self.values = np.zeros((voters, models, len(SOUGHT)))
        self.leader = np.zeros((voters, len(SOUGHT)))
        self.shown = np.zeros((voters, models))
        self.battles = np.zeros(voters)

    @classmethod
    def unpacked(cls, packed: bytes, models: int) -> Self:
        """One voter's, from `packed`, with room for models that came since."""
        evidence = cls(1, models)
        if packed:
            kept = np.frombuffer(packed)
            if (len(kept) - 1) % (len(SOUGHT) + 1):
                evidence.leader[0], kept = kept[-len(SOUGHT) :], kept[: -len(SOUGHT)]
            known = (len(kept) - 1) // (len(SOUGHT) + 1)
            evidence.battles[0], evidence.shown[0, :known] = kept[0], kept[1 : 1 + known]
            evidence.values[0, :known] = kept[1 + known :].reshape(known, len(SOUGHT))
        return evidence

    def packed(self) -> bytes:
        """One voter's, float64; no bytes of who voted on all battles."""
        leader = self.leader[0][: len(SOUGHT) * bool(self.leader.any())]
        whole = np.concatenate([self.battles, self.shown[0], self.values[0].ravel(), leader])
        return whole.tobytes() if whole.any() else b""

    def update(
        self,
        battles: Indices,
        shown: Indices,
        a: Indices,
        b: Indices,
        decided: NDArray[np.bool_] | None = None,
    ) -> None:
        """Take one vote of each voter into account.

        Args:
            battles: how many were opened since the vote before, shape (voters,): those left, and
                the one voted on.
            shown: how many of them show each model, shape (voters, models).
            a, b: the models of the one voted on, shape (voters,).
            decided: of votes that were weighed when a tie left a battle undecided, and nobody bet
                on a leader: whether it was no tie, shape (voters,).
        """
        self.battles += battles
        self.shown += shown
        chosen = np.ones(len(a), dtype=bool) if decided is None else decided
        telling = chosen & (self.battles > 1)
        voter, model = np.nonzero(self.shown * telling[:, None])
        k = self.shown[voter, model, None]
        rest = self.battles[voter, None] - k
        here = rest[:, 0] > 0
        voter, model, k, rest = voter[here], model[here], k[here], rest[here]
        shows = ((model == a[voter]) | (model == b[voter])).astype(np.float64)[:, None]
        told = self.values.sum(axis=2)
        leads = (told.argmax(axis=1)[voter] == model) & (told[voter, model] > 0)
        factor = log_factor(
            SOUGHT * k / (SOUGHT * k + rest),
            k / (k + FREELY * rest),
            FREELY * k / (FREELY * k + rest),
            shows,
        )
        self.values[voter, model] += factor
        if decided is None:
            self.leader[voter[leads]] += factor[leads]
        self.battles[chosen] = 0
        self.shown[chosen] = 0

    def forget_left(self) -> None:
        """Count the battles left anew from here."""
        self.battles[:] = 0
        self.shown[:] = 0

    def log_e(self) -> Floats:
        """The logarithm of each voter's e-value, shape (voters,)."""
        bets = self.values[:, :ROOM]
        models, each = bets.shape[1], len(SOUGHT)
        weight = (1 - IDLE - LEADER) / ROOM
        told = log_sum(bets.reshape(len(bets), -1), axis=1) + np.log(weight / each)
        rest = np.logaddexp(told, np.log(IDLE + weight * (ROOM - models)))
        found: Floats = np.logaddexp(rest, log_sum(self.leader, axis=1) + np.log(LEADER / each))
        return found

    def of_models(self) -> Floats:
        """Log-e-values of bets, with a half, on seeking one model, shape (voters, models)."""
        told = log_sum(self.values, axis=2) - np.log(len(SOUGHT))
        found: Floats = np.logaddexp(told, 0.0) - np.log(2)
        return found

    def sought(self, voter: int = 0) -> int | None:
        """The model that a voter seeks most; None if none is."""
        most = self.values[voter].max(axis=1)
        return int(most.argmax()) if most.max(initial=0.0) > 0 else None
