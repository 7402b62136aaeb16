"""A model of ties beside the headline: Davidson 1970.

With d the difference of two log-odds strengths, P(first) : P(second) : P(tie) is
exp(d/2) : exp(-d/2) : nu, so that ties are likelier between equals. A vote that both answers are
bad is a tie here. With ties the likelihood holds more than in the headline, which counts them
half; the ratings are spread wider, for they compare decided votes.
"""

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import expit, softmax

from ratings.engine.bradley_terry import (
    CLOSE,
    DEFAULT,
    MAX_STEPS,
    Leaderboard,
    leaderboard,
    solve,
)
from ratings.engine.conventions import Conventions
from ratings.engine.priors import Prior, connected, information, meetings
from ratings.engine.tables import Floats, PairTable


@dataclass(frozen=True, slots=True)
class TieFit:
    """Ratings under Davidson's model; `tie_at_par` is P(tie) of two equal models."""

    leaderboard: Leaderboard
    nu: float
    tie_at_par: float


def fit_ties(table: PairTable, conventions: Conventions = DEFAULT) -> TieFit:
    """Fit Davidson's model by Newton's method. Always finite.

    Where decided votes alone do not fix all ratings, strengths and nu could grow together: there
    `Conventions.prior_votes` pseudo-votes between equals, half of them tied, keep nu finite. So
    they do where there are no ties.
    """
    n = len(table.models)
    strengths, prior = solve(table, conventions)
    tied, decided = table.ties + table.both_bad, table.first_wins + table.second_wins
    is_connected = connected(table.with_cells(table.cells * [1, 1, 0, 0])).all()
    pseudo = 0.0 if tied.any() and is_connected else conventions.prior_votes
    log_nu = math.log(2 * (tied.sum() + pseudo / 2) / (decided.sum() + pseudo / 2))
    model = _Davidson(table, prior, conventions, pseudo)
    for _ in range(MAX_STEPS):
        hessian = model.hessian(strengths, log_nu)
        step = np.linalg.solve(hessian, model.gradient(strengths, log_nu))
        reach = float(np.ptp(step[:n])) + abs(float(step[n])) if n else abs(float(step[n]))
        step *= math.log1p(reach) / reach if reach > CLOSE else 1.0
        strengths, log_nu = strengths + step[:n], log_nu + float(step[n])
        if reach <= CLOSE:
            break
    level = np.eye(n) - prior.average
    board = leaderboard(
        table.models,
        level @ strengths,
        level @ model.covariance(strengths, log_nu)[:n, :n] @ level.T,
        votes=meetings(table),
        marks=prior.marks,
        conventions=conventions,
    )
    nu = math.exp(log_nu)
    return TieFit(board, nu, nu / (2 + nu))


class _Davidson:
    """The log-likelihood of a table in (strengths, log nu), n + 1 numbers."""

    def __init__(
        self, table: PairTable, prior: Prior, conventions: Conventions, pseudo: float
    ) -> None:
        self.table, self.prior, self.conventions = table, prior, conventions
        self.pseudo = pseudo
        self.n = len(table.models)

    def probabilities(self, strengths: Floats, log_nu: float) -> Floats:
        """P(first), P(second), P(tie) of each pair; shape (3, pairs)."""
        d = (strengths[self.table.first] - strengths[self.table.second]) / 2
        p: Floats = softmax(np.stack([d, -d, np.full_like(d, log_nu)]), axis=0)
        return p

    def gradient(self, strengths: Floats, log_nu: float) -> Floats:
        table, n, votes = self.table, self.n, self.table.votes
        first, second, tie = self.probabilities(strengths, log_nu)
        residual = (table.first_wins - table.second_wins - votes * (first - second)) / 2
        par = expit(log_nu - math.log(2))
        gradient = self._net(residual)
        gradient[:n] += self.prior.gradient(strengths)
        gradient[n] = (table.ties + table.both_bad - votes * tie).sum() + self.pseudo * (0.5 - par)
        return gradient

    def hessian(self, strengths: Floats, log_nu: float) -> Floats:
        """Minus the second derivatives, with the mean of the strengths fixed."""
        n = self.n
        expected = self.table.votes * self._information(self.probabilities(strengths, log_nu))
        matrix = self._bordered(expected, strengths)
        par = float(expit(log_nu - math.log(2)))
        matrix[n, n] += self.pseudo * par * (1 - par)
        matrix[:n, :n] += (np.trace(matrix[:n, :n]) or 1.0) / max(n, 1) ** 2
        return matrix

    def covariance(self, strengths: Floats, log_nu: float) -> Floats:
        """Sandwich covariance of (strengths, log nu), as `bradley_terry.sandwich`."""
        table = self.table
        p = self.probabilities(strengths, log_nu)
        lead, tie = p[0] - p[1], p[2]
        a, b, ties, both_bad = (table.cells if table.squares is None else table.squares).T
        drawn = ties + both_bad
        spread = np.stack(
            [
                (a * (1 - lead) ** 2 + b * (1 + lead) ** 2 + drawn * lead**2) / 4,
                (-a * (1 - lead) * tie + b * (1 + lead) * tie - drawn * lead * (1 - tie)) / 2,
                (a + b) * tie**2 + drawn * (1 - tie) ** 2,
            ]
        )
        expected = (a + b + drawn) * self._information(p)
        share = np.maximum(self.prior.expected[table.first], self.prior.expected[table.second])
        spread = (1 - share) * spread + share * expected
        meat = self._bordered(spread, strengths)
        hessian = self.hessian(strengths, log_nu)
        hessian[np.diag_indices(self.n)] += self.conventions.hessian_ridge * table.total
        bread = np.linalg.inv(hessian)
        covariance: Floats = bread @ meat @ bread
        return covariance

    @staticmethod
    def _information(p: Floats) -> Floats:
        """Of one vote of each pair: (half the difference twice, it with log nu, log nu twice)."""
        lead, tie = p[0] - p[1], p[2]
        return np.stack([(p[0] + p[1] - lead**2) / 4, -lead * tie / 2, tie * (1 - tie)])

    def _bordered(self, spread: Floats, strengths: Floats) -> Floats:
        """Sum over the pairs of `spread`, shape (3, pairs), as a matrix (n + 1, n + 1)."""
        n, (pairs, border, corner) = self.n, spread
        matrix = np.zeros((n + 1, n + 1))
        matrix[:n, :n] = information(self.table, pairs) + self.prior.information(strengths)
        matrix[n] = matrix[:, n] = self._net(border)
        matrix[n, n] = corner.sum()
        return matrix

    def _net(self, values: Floats) -> Floats:
        """Sum of the values at the first models minus those at the second, and a 0 for nu."""
        net = np.zeros(self.n + 1)
        np.add.at(net, self.table.first, values)
        np.subtract.at(net, self.table.second, values)
        return net
