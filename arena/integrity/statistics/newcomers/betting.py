"""Bet on what newcomers do to each model, and find the votes that support it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, logsumexp

from arena.integrity.statistics.newcomers.crowd import Crowd, Day, Sort, evenness
from arena.integrity.statistics.newcomers.first_votes import Firsts, Part
from arena.integrity.statistics.newcomers.stretches import largest, stretches
from arena.integrity.statistics.prediction import Floats, Indices

STAKES = np.array([0.1, 0.25, 0.5, 0.85])
"""Shares of the e-value that are bet on each vote on a model: f in `changes`."""

STAKES_ON_PICKS = np.array([0.5, 1.5, 5.0])
"""Stakes of the bet on each first vote: g in `changes`."""

LEAST = np.log(1000)
"""Evidence from which on another stretch of votes is found, once the model is found."""

SMOOTHING = 50.0
"""So many battles, drawn as in the whole period, are added to those of each day."""


@dataclass(frozen=True, slots=True)
class Change:
    """Newcomers' votes that no honest crowd would cast.

    Attributes:
        model, sort: the model, and what they do to it.
        log_e: natural logarithm of the largest e-value, weighted by its share of alpha.
        needed: the `log_e` from which on it is found.
        votes: the votes that support it, in the stretches that were found.
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


class NewcomerEvidence:
    """Bets on all models side by side, without the votes that are explained already.

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
            odds = ties * evenness(difference)
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

    def acknowledge(self, model: int, sort: Sort, newest: int) -> None:
        """Let evidence of a change start after this vote (number)."""
        # First votes on other models stay: they can only lower it.
        old = self.votes.vote[self.vote] <= newest
        self._among[sort] &= ~(old & (self.model == model))

    def explain(self, votes: Indices) -> None:
        """Remove these votes (places) from the evidence about all models."""
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
        """Describe the change of a model, with the contrast that explains most of it."""
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
