"""Whether newcomers vote about a model as honest visitors do, however many accounts there are.

Accounts that cast a few votes each and share nothing can't be tested one by one. Their votes on the
model that they rig for are tested together, against what established voters say of it.

**Who.** The first `FIRST` votes of each voter are a newcomer's. Established voters' votes are the
later ones; those cast before a day make the board that the day's newcomers are compared with. The
newcomers' votes on a model are tested in three parts: the first vote of each voter, votes of voters
who voted on the model before ("again"), and the others. Honest newcomers hardly ever meet a model
twice, so a farm of several votes an account has the second part to itself.

**Null.** For each model m, three sorts of change are tested: newcomers lift it, lower it, or call
it a tie. A vote on m against another model has a score: 1 for a win of m, 1/2 for a tie or both
bad, else 0 (lowered: the other way round; tied: 1 for a tie or both bad, else 0). With d the
difference of the two on the board, in log-odds, and s its standard error, the expected score of an
honest crowd is at most

    (1 - lapse) h + lapse max(h, 1/2),    h = expit(c d + taste + z s),

whatever came before: a community may love m by `taste` more than everybody (and the other model
less), see differences fainter or sharper than they do (c, of the `contrasts`), and cast a share of
its votes without looking (`lapse`). The odds of a tie are at most `ties` times those of the model
of Davidson 1970 for established voters and that contrast. Nobody can choose which models are shown,
so the chance that a newcomer's first vote is on m is at most `picks` times that of m in the draw of
the day.

**Evidence.** Two ways of betting on each part, both of which multiply the e-value by a factor with
an expectation of at most 1. Of each vote on m, 1 + f (score / bound - 1): a bet on a bounded mean
(Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting"). Of each
first vote, on m or not, (1 + g y) / (1 + g b), y being the score, 0 where it is not on m, and b its
bound. The e-value is the mean over the parts and the stakes f and g, and of these means the least
of all contrasts. By Ville's inequality it ever reaches 1/a with a chance of at most a, however
often one looks.

**Restarts.** Such an e-value starts on each day. That of the k-th day of the site has the share 10
/ ((k + 9) (k + 10)) of alpha, and each model one of its own (`share_of_model`). All of them
together are at most 1: over its whole life a site ever suspects honest newcomers, for or against
any model, with a chance of at most alpha.

**What is held.** The stretch of votes with the largest sum of logarithms, between the likeliest
points of change (CUSUM, Page 1954), and any others that alone are strong evidence; of these votes
those that speak for the change. All newcomers' votes on a model in the stretches that were found
are left out when the next model is tested, for they explain what its opponents lost.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum

import numpy as np
from scipy.special import expit, logsumexp

from arena.integrity.statistics.newcomers.first_votes import Firsts, Part
from arena.integrity.statistics.newcomers.stretches import largest, stretches
from arena.integrity.statistics.voter.preference import Floats, Indices, Prediction

STAKES = np.array([0.1, 0.25, 0.5, 0.85])
"""Of the e-value, bet on each vote on a model: f above."""

STAKES_ON_PICKS = np.array([0.5, 1.5, 5.0])
"""Bet on each first vote: g above."""

FIRST_BLOCK = 128
"""So many models share the first half of alpha."""

LEAST = np.log(1000)
"""Evidence of a stretch of votes of its own, once the model is found."""

SMOOTHING = 50.0
"""Battles drawn as in the whole period that are added to those of each day."""


class Sort(IntEnum):
    """What newcomers do to a model."""

    LIFTED = 0
    LOWERED = 1
    TIED = 2


@dataclass(frozen=True, slots=True)
class Crowd:
    """The null: how far honest newcomers may differ from established voters."""

    taste: float = 0.6
    contrasts: tuple[float, ...] = (0.4, 0.7, 1.0, 1.3)
    lapse: float = 0.2
    errors: float = 2.5
    ties: float = 3.0
    picks: float = 2.0

    def most(self, difference: Floats, error: Floats, ties: Floats) -> Floats:
        """The highest honest scores of models, this much stronger than the other.

        Args:
            ties: the parameter of Davidson's model; all arguments have the same shape.

        Returns:
            Shape (contrasts, sorts, ...).
        """
        margin = self.taste + self.errors * error
        found = []
        for contrast in self.contrasts:
            seen = contrast * difference
            h = expit(np.stack([seen, -seen]) + margin)
            scores = (1 - self.lapse) * h + self.lapse * np.maximum(h, 0.5)
            odds = self.ties * ties * _evenness(seen)
            found.append(np.concatenate([scores, (odds / (1 + odds))[None]]))
        return np.stack(found)


def _evenness(difference: Floats) -> Floats:
    """The square root of p (1 - p): what the odds of a tie are proportional to."""
    found: Floats = np.sqrt(expit(difference) * expit(-difference))
    return found


def ties_of(difference: Floats, votes: Floats, tied: Floats) -> float:
    """The parameter of Davidson's model that gives as many ties as there were.

    Args:
        difference, votes, tied: of pairs, shape (pairs,).
    """
    evenness, parameter = _evenness(difference), 1.0
    for _ in range(50):
        expected = (votes * parameter * evenness / (1 + parameter * evenness)).sum()
        if not expected:
            break
        parameter *= max(tied.sum(), 1.0) / expected
    return float(parameter)


@dataclass(frozen=True, slots=True)
class Day:
    """What newcomers' votes of a day are compared with.

    Attributes:
        board: of established voters' votes before the day.
        ties: how readily they call ties, as `ties_of`.
        number: of the day among all of the site, from 1.
        drawn: how often each pair was drawn on the day, symmetric, shape (models, models).
    """

    board: Prediction
    ties: float
    number: int
    drawn: Floats


def share_of_model(place: int) -> float:
    """Of alpha, for one sort of change of the model at this place.

    All of the first block share half of it, all of the next ones, each as large as all before it,
    half as much as those of the one before.
    """
    begin, size, share = 0, FIRST_BLOCK, 0.5
    while place >= begin + size:
        begin += size
        size, share = begin, share / 2
    return share / size / len(Sort)


def share_of_day(number: int) -> float:
    """Of alpha, for the e-values that start on this day of the site, from 1; the sum is 1."""
    return 10 / ((number + 9) * (number + 10))


@dataclass(frozen=True, slots=True)
class Change:
    """Newcomers' votes that no honest crowd would cast.

    Attributes:
        model, sort: what they do.
        log_e: of the e-value that tells most, weighed by its share of alpha, natural logarithm.
        needed: from which `log_e` on it is found.
        votes: the votes that speak for it, in the stretches that were found.
        cast: all newcomers' votes on the model in these stretches.
        score, most, board: mean score of these, the highest of an honest crowd, and that of
            established voters.
        honest: how many of `votes` honest visitors would have cast.
        days: of each day, all newcomers' votes on the model and their three mean scores, in that
            order, shape (days, 4).
    """

    model: int
    sort: Sort
    log_e: float
    needed: float
    votes: Indices
    cast: Indices
    score: float
    most: float
    board: float
    honest: float
    days: Floats


class Evidence:
    """Bets on all models side by side; votes that are explained are taken out of it.

    A row is a vote as seen from one of its models: `vote` its place, `model`, `part`, `day`, shape
    (rows,); `score` and `expected`, shape (sorts, rows); `most`, shape (contrasts, sorts, rows).
    """

    def __init__(self, votes: Firsts, days: Sequence[Day], crowd: Crowd) -> None:
        self.votes, self.days = votes, len(days)
        self.models = len(days[0].drawn)
        n = len(votes.vote)
        self.vote = np.tile(np.arange(n), 2)
        self.day = np.tile(votes.day, 2)
        self.model = np.concatenate([votes.a, votes.b])
        self.part = np.concatenate([votes.part_a, votes.part_b])
        other = np.concatenate([votes.b, votes.a])
        self.most = np.zeros((len(crowd.contrasts), len(Sort), 2 * n))
        self.expected = np.zeros((len(Sort), 2 * n))
        self.shares = np.zeros((self.days, self.models))
        self._picked = np.zeros((*self.most.shape[:2], self.models, self.days))
        together = sum((day.drawn for day in days), np.full((self.models, self.models), 1e-9))
        for place, day in enumerate(days):
            pairs = day.drawn + SMOOTHING * together / together.sum()
            pairs[np.diag_indices(self.models)] = 0
            strengths, c = day.board.strengths, day.board.covariance
            difference = strengths[:, None] - strengths
            variance = np.diag(c)[:, None] + np.diag(c) - 2 * c
            error, ties = np.sqrt(np.maximum(variance, 0)), np.full(c.shape, day.ties)
            most = crowd.most(difference, error, ties)
            odds = ties * _evenness(difference)
            expected = np.stack([expit(difference), expit(-difference), odds / (1 + odds)])
            mine = self.day == place
            self.most[..., mine] = most[..., self.model[mine], other[mine]]
            self.expected[:, mine] = expected[:, self.model[mine], other[mine]]
            self.shares[place] = pairs.sum(axis=1) / pairs.sum()
            shown = 2 * pairs / pairs.sum()
            picked = crowd.picks * (shown * most).sum(axis=-1)
            self._picked[..., place] = np.minimum(picked, 1.0)
        score = np.concatenate([votes.score, 1 - votes.score])
        self.score = np.stack([score, 1 - score, score == 0.5])
        self._in = np.ones(2 * n, dtype=bool)
        self._among = np.ones((len(Sort), 2 * n), dtype=bool)
        self._trials = votes.part_a == Part.FIRST_VOTE

    def let_pass(self, model: int, sort: Sort, newest: int) -> None:
        """Let evidence of a change begin after this vote (number)."""
        # First votes on other models stay: they can only lower it.
        old = self.votes.vote[self.vote] <= newest
        self._among[sort] &= ~(old & (self.model == model))

    def explain(self, votes: Indices) -> None:
        """Take these votes (places) out of the evidence about all models."""
        self._in &= ~np.isin(self.vote, votes)
        self._trials[votes] = False

    def log_e(self) -> Floats:
        """Logarithms of the mixtures from each day on, shape (contrasts, sorts, models, days)."""
        cell = (self.model * len(Part) + self.part) * self.days + self.day
        shape = (len(Sort), self.models, len(Part), self.days)
        trials = np.bincount(self.votes.day[self._trials], minlength=self.days)
        first = np.where(self.part == Part.FIRST_VOTE, self.score, 0.0)
        picks = [self._sums(np.log1p(g * first), cell, shape)[:, :, :1] for g in STAKES_ON_PICKS]
        found = []
        for most, picked in zip(self.most, self._picked, strict=True):
            ratio = self.score / most - 1
            each = [self._sums(np.log1p(f * ratio), cell, shape) for f in STAKES]
            for g, sums in zip(STAKES_ON_PICKS, picks, strict=True):
                each.append(sums - (trials * np.log1p(g * picked))[:, :, None])
            bets = np.concatenate(each, axis=2)
            since = np.cumsum(bets[..., ::-1], axis=-1)[..., ::-1]
            found.append(logsumexp(since, axis=2) - np.log(bets.shape[2]))
        return np.stack(found)

    def _sums(self, values: Floats, cell: Indices, shape: tuple[int, ...]) -> Floats:
        counted = np.where(self._in & self._among, values, 0.0)
        cells = int(np.prod(shape[1:]))
        found = np.array([np.bincount(cell, of_sort, cells) for of_sort in counted])
        return np.reshape(found, shape)

    def changed_stretches(self, model: int, sort: Sort, contrast: int) -> list[Indices]:
        """Rows of each part in the stretches of votes that are evidence of a change."""
        most, picked = self.most[contrast, sort], self._picked[contrast, sort, model]
        mine = np.flatnonzero((self.model == model) & self._in & self._among[sort])
        mine = mine[np.argsort(self.vote[mine], kind="stable")]
        found = []
        for part in Part:
            rows = mine[self.part[mine] == part]
            if not len(rows):
                continue
            score = self.score[sort, rows]
            courses = [np.log1p(f * (score / most[rows] - 1)) for f in STAKES]
            if part == Part.FIRST_VOTE:
                between = np.diff(np.r_[0, np.cumsum(self._trials)[self.vote[rows]]])
                for g in STAKES_ON_PICKS:
                    cost = between * np.log1p(g * picked[self.day[rows]])
                    courses.append(np.log1p(g * score) - cost)
            best = max(courses, key=lambda course: largest(course)[2])
            found += [rows[begin:end] for begin, end in stretches(best, LEAST)]
        return found

    def change(
        self, model: int, sort: Sort, contrast: int, *, log_e: float, needed: float
    ) -> Change:
        """What newcomers do to a model, who see it with the contrast that explains most of it."""
        found = self.changed_stretches(model, sort, contrast)
        most = self.most[contrast, sort]
        cast = np.concatenate(found)
        speaks = cast[self.score[sort, cast] > most[cast]]
        honest = sum(
            self._honest(rows, model) * self._speaking(sort, rows, most[rows]).mean()
            for rows in found
        )
        return Change(
            model=model,
            sort=sort,
            log_e=log_e,
            needed=needed,
            votes=np.sort(self.votes.vote[self.vote[speaks]]),
            cast=np.sort(self.vote[cast]),
            score=float(self.score[sort, cast].mean()),
            most=float(most[cast].mean()),
            board=float(self.expected[sort, cast].mean()),
            honest=float(min(honest, len(speaks))),
            days=self._by_day(model, sort, most),
        )

    def _by_day(self, model: int, sort: Sort, most: Floats) -> Floats:
        mine = self.model == model
        day, means = self.day[mine], (self.score[sort], most, self.expected[sort])
        n = np.bincount(day, minlength=self.days)
        sums = [np.bincount(day, values[mine], self.days) for values in means]
        return np.stack([n, *(values / np.maximum(n, 1) for values in sums)], axis=1)

    def _speaking(self, sort: Sort, rows: Indices, most: Floats) -> Floats:
        """The chance of each row that an established voter would have spoken for the change."""
        tied: Floats = self.expected[Sort.TIED, rows]
        if sort == Sort.TIED:
            return tied
        won = self.expected[sort, rows] - tied / 2
        found: Floats = won + np.where(most < 0.5, tied, 0.0)
        return found

    def _honest(self, stretch: Indices, model: int) -> float:
        """How many votes on a model honest visitors would have cast in a stretch of a part.

        As many as its share in the draw, of all honest votes; how many these are, votes on others
        tell. Of later votes, that the voter met the model before is as likely as for other models.
        """
        v, part = self.votes, self.part[stretch[0]]
        between = slice(self.vote[stretch[0]], self.vote[stretch[-1]] + 1)
        others = (v.a[between] != model) & (v.b[between] != model)
        shown = min(2 * float(self.shares[self.day[stretch], model].mean()), 0.99)
        first = v.part_a[between] == Part.FIRST_VOTE
        if part == Part.FIRST_VOTE:
            return float((first & others).sum()) * shown / (1 - shown)
        later = others & ~first
        sides = np.concatenate([side[between][later] for side in (v.part_a, v.part_b)])
        again = float((sides == Part.AGAIN).mean()) if len(sides) else 0.0
        again = min(again * shown * self.models / 2, 1.0)
        share = again if part == Part.AGAIN else 1 - again
        return float(later.sum()) * shown / (1 - shown) * share


def find_changes(
    votes: Firsts,
    days: Sequence[Day],
    alpha: float,
    *,
    passed: Mapping[tuple[int, Sort], int] | None = None,
    crowd: Crowd | None = None,
) -> list[Change]:
    """What newcomers do to models that no honest crowd does, the surest first.

    Args:
        alpha: the chance that a site ever finds such a change where all are honest.
        passed: the newest vote that a moderator let pass of a model and sort of change.
    """
    if not len(votes.vote):
        return []
    evidence = Evidence(votes, days, crowd or Crowd())
    for (model, sort), newest in (passed or {}).items():
        evidence.let_pass(model, sort, newest)
    of_days = np.log([share_of_day(day.number) for day in days])
    shares = [share_of_model(place) for place in range(evidence.models)]
    needed = -np.log(alpha) - np.log(shares)
    found: list[Change] = []
    while True:
        log_e = (evidence.log_e() + of_days).max(axis=-1)
        margin = log_e.min(axis=0) - needed
        for change in found:
            margin[change.sort, change.model] = -np.inf
        place, model = divmod(int(margin.argmax()), evidence.models)
        sort = Sort(place)
        if margin[sort, model] < 0:
            return found
        contrast = int(log_e[:, sort, model].argmin())
        change = evidence.change(
            model,
            sort,
            contrast,
            log_e=float(log_e[contrast, sort, model]),
            needed=float(needed[model]),
        )
        found.append(change)
        evidence.explain(change.cast)
