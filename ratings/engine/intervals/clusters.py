"""Intervals clustered by voter: what it adds to the error that a voter's votes are alike.

The votes of one voter share a taste, so that a hundred of them tell less than a hundred votes of
a hundred voters. The sandwich covariance takes that into account if its middle is summed by voter:
the score of all votes of a voter, squared, in place of each vote's by itself (Liang and Zeger
1986; Cameron and Miller 2015, A Practitioner's Guide to Cluster-Robust Inference).

Clusters may hold several voters, whole ones, drawn at random: the sum stays unbiased, for voters
do not depend on each other, and has as many degrees of freedom as there are clusters (random
groups, Wolter 2007, chapter 2). So a site keeps no sums of single voters.

Where few voters have a large share, the sums are too small, for the fit follows these voters. As
for the jackknife (CR3 in Cameron and Miller) scores are divided by 1 minus the share: here what the
sums are above those of votes that do not depend on each other, by the mean share of those who make
it up. The interval is Student's, with the effective number of
clusters less 1 for its degrees of freedom; and where that number is small, the sums lean on what
the voters of the whole board do.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_array, csr_array
from scipy.special import expit, ndtri, stdtrit

from ratings.engine.priors import PAR, Prior, information, meetings, observed_spread, unit
from ratings.engine.tables import Floats, Indices, PairTable, plain

FEW_VOTERS = "few voters"
LEAST_EFFECTIVE = 5.0  # effective clusters: a model with fewer is preliminary
TASTE = 0.5  # log-odds: how far voters differ where too few of them tell
HIGHEST_SHARE = 0.9
DIGITS = 4  # to which sums are published
SCORES = np.array([1.0, 0.0, 0.5, 0.5])


@dataclass(frozen=True, slots=True)
class Clusters:
    """Sums over clusters of votes, as they are published.

    Attributes:
        of: "voter" or "group", of voters.
        number: clusters with votes.
        models: those that are not preliminary for few votes. Votes on the others are left out, for
            sums of so few votes could tell who cast them.
        squares, cubes: of each cluster's votes on a model, summed; shape (models,).
        sums: of each cluster's scores of two models, multiplied; shape (models, models). A score
            is the points that the cluster's votes gave a model, less those expected by the fit.
    """

    of: str
    number: int
    models: tuple[str, ...]
    squares: Floats
    cubes: Floats
    sums: Floats

    @classmethod
    def from_scores(
        cls, of: str, table: PairTable, prior: Prior, score: csr_array, votes: csr_array
    ) -> Self:
        """From the scores and votes of each cluster and model, shape (clusters, models) each.

        They are those of votes between the models that `determined` selects.
        """
        determined = np.flatnonzero(cls.determined(prior))
        score, votes = score[:, determined], votes[:, determined]
        return cls(
            of=of,
            number=int((votes.sum(axis=1) > 0).sum()),
            models=tuple(table.models[model] for model in determined.tolist()),
            squares=_moment(votes, 2),
            cubes=_moment(votes, 3),
            sums=(score.T @ score).toarray().round(DIGITS),
        )

    @staticmethod
    def determined(prior: Prior) -> NDArray[np.bool_]:
        """Which models have sums, shape (models,)."""
        determined: NDArray[np.bool_] = prior.lean == 0
        return determined

    @classmethod
    def of_votes(
        cls,
        table: PairTable,
        strengths: Floats,
        prior: Prior,
        *,
        voter: Indices,
        a: Indices,
        b: Indices,
        outcome: Indices,
        weights: Floats | None = None,
    ) -> Self:
        """Each voter is a cluster.

        Args:
            strengths, prior: as fitted to the table.
            voter: number of the voter of each vote, from 0, shape (votes,).
            a, b, outcome, weights: the votes, as in `PairTable.from_votes`.
        """
        determined = cls.determined(prior)
        kept = determined[a] & determined[b]
        weight = kept * (np.ones(len(a)) if weights is None else weights)
        residual = weight * (SCORES[outcome] - expit(strengths[a] - strengths[b]))
        shape = (int(voter.max(initial=-1)) + 1, len(table.models))
        rows, columns = np.concatenate([voter, voter]), np.concatenate([a, b])
        score = coo_array((np.concatenate([residual, -residual]), (rows, columns)), shape=shape)
        votes = coo_array((np.concatenate([weight, weight]), (rows, columns)), shape=shape)
        return cls.from_scores("voter", table, prior, score.tocsr(), votes.tocsr())

    @classmethod
    def of_groups(
        cls, table: PairTable, strengths: Floats, prior: Prior, votes: Floats, points: Floats
    ) -> Self:
        """From the votes of each pair and group, and the points of its first model.

        Shape (pairs, groups) each, pairs as in the table.
        """
        pairs, n = len(table.first), len(table.models)
        p = expit(strengths[table.first] - strengths[table.second])
        determined, rows = cls.determined(prior), np.arange(pairs)
        ones = (determined[table.first] & determined[table.second]).astype(np.float64)
        first = coo_array((ones, (rows, table.first)), shape=(pairs, n)).tocsr()
        second = coo_array((ones, (rows, table.second)), shape=(pairs, n)).tocsr()
        score = (first - second).T @ (points - votes * p[:, None])
        played = (first + second).T @ votes
        return cls.from_scores(
            "group", table, prior, csr_array(score.T), csr_array(played.T.astype(np.float64))
        )

    def as_dict(self) -> dict[str, Any]:
        """As JSON: `models` has a list of name, squares and cubes, `sums` the lower triangle."""
        return {
            "of": self.of,
            "number": self.number,
            "models": [
                [model, plain(square), plain(cube)]
                for model, square, cube in zip(
                    self.models, self.squares.tolist(), self.cubes.tolist(), strict=True
                )
            ],
            "sums": [row[: place + 1] for place, row in enumerate(self.sums.tolist())],
        }

    @classmethod
    def from_dict(cls, published: Mapping[str, Any]) -> Self:
        """The inverse of `as_dict`.

        Raises:
            ValueError: these are no such sums.
        """
        try:
            rows = [
                (str(name), float(square), float(cube))
                for name, square, cube in published["models"]
            ]
            sums = np.zeros((len(rows), len(rows)))
            for place, row in enumerate(published["sums"]):
                sums[place, : place + 1] = sums[: place + 1, place] = row
            number, of = int(published["number"]), str(published["of"])
        except (KeyError, TypeError, IndexError, ValueError) as error:
            raise ValueError(f"The clusters are no sums of clusters: {error!r}") from None
        moments = np.array([row[1:] for row in rows], dtype=np.float64).reshape(-1, 2)
        if not (np.isfinite(sums).all() and np.isfinite(moments).all()):
            raise ValueError("The sums of the clusters are not finite.")
        if len({row[0] for row in rows}) != len(rows):
            raise ValueError("A model stands twice in the clusters.")
        return cls(of, number, tuple(row[0] for row in rows), moments[:, 0], moments[:, 1], sums)

    def part(self, table: PairTable) -> PairTable:
        """The pairs of its models.

        Raises:
            ValueError: a model is not among the table's.
        """
        determined = np.zeros(len(table.models), dtype=bool)
        determined[self.places(table.models)] = True
        kept = determined[table.first] & determined[table.second]
        squares = None if table.squares is None else table.squares * kept[:, None]
        return replace(table.with_cells(table.cells * kept[:, None]), squares=squares)

    def places(self, models: Sequence[str]) -> Indices:
        """Where its models stand among all.

        Raises:
            ValueError: one is not among them.
        """
        index = {model: place for place, model in enumerate(models)}
        try:
            return np.array([index[model] for model in self.models], dtype=np.intp)
        except KeyError as error:
            raise ValueError(f"The clusters name {error}, which is not among the models.") from None

    def faults(self, table: PairTable) -> list[str]:
        """What cannot be in sums of these votes.

        A cluster takes from one model what it gives to another, and cannot give a model more points
        than it has votes on it. Squares of whole numbers that add up to the model's votes lie
        between these and their square.
        """
        votes = meetings(self.part(table))[self.places(table.models)]
        whole = np.array_equal(table.cells, np.rint(table.cells))  # no weights
        slack = 1e-6 + 10.0**-DIGITS * len(self.models)
        faults = []
        for model, n, square, cube, own in zip(
            self.models, votes, self.squares, self.cubes, np.diag(self.sums), strict=True
        ):
            least = n if whole else 0.0
            least_cube = square**2 / n if n else 0.0  # the other models may all have few votes
            if not least - slack <= square * (1 + 1e-9) <= n**2 * (1 + 2e-9) + slack:
                faults.append(f"{model}: {square:g} are no squares of {n:g} votes")
            elif not least_cube - slack <= cube * (1 + 1e-9) <= n * square * (1 + 2e-9) + slack:
                faults.append(
                    f"{model}: {cube:g} are no cubes of votes whose squares are {square:g}"
                )
            elif own > square + slack:
                faults.append(f"{model}: its scores, {own:g}, are larger than its votes can give")
        if len(self.sums) and np.abs(self.sums.sum(axis=0)).max() > slack:
            faults.append("the sums do not add up to 0, as points won and lost do")
        elif len(self.sums) and float(np.linalg.eigvalsh(self.sums)[0]) < -slack:
            faults.append("the sums are not those of any scores")
        return faults


def _moment(votes: csr_array, power: int) -> Floats:
    """Of each cluster's votes on a model, to this power, summed; shape (models,)."""
    moment: Floats = np.asarray(votes.power(power).sum(axis=0), dtype=np.float64)
    return moment.ravel().round(DIGITS)


@dataclass(frozen=True, slots=True)
class Excess:
    """What clustering adds to the variance of the scores, shape (models, models).

    Attributes:
        effective: clusters of each model, as if all had equally many votes, shape (models,);
            infinite where the sums say nothing.
        scale: Student's quantile over the normal one, shape (models,).
    """

    matrix: Floats
    effective: Floats
    scale: Floats

    @property
    def few(self) -> NDArray[np.bool_]:
        """Whether a model has too few voters, shape (models,)."""
        few: NDArray[np.bool_] = self.effective < LEAST_EFFECTIVE
        return few


def excess(
    table: PairTable, strengths: Floats, clusters: Clusters | None, *, confidence: float
) -> Excess | None:
    """What it adds to the spread of the scores that votes are clustered, if they are.

    Args:
        strengths: as fitted to the table, without style.
    """
    if clusters is None:
        return None
    n, determined = len(table.models), clusters.places(table.models)
    table = clusters.part(table)
    matrix, effective = np.zeros((n, n)), np.full(n, np.inf)
    scale = np.ones(n)
    if not len(determined):
        return Excess(matrix, effective, scale)
    votes = np.maximum(meetings(table)[determined], 1e-9)
    squares = np.maximum(clusters.squares, 1e-9)
    share = np.minimum(clusters.cubes / (votes * squares), HIGHEST_SHARE)
    effective[determined] = votes**2 / squares
    p = expit(strengths[table.first] - strengths[table.second])
    alone = information(table, observed_spread(table, p))[np.ix_(determined, determined)]
    alone *= 1 - np.sqrt(np.outer(1 / effective[determined], 1 / effective[determined]))
    added = (clusters.sums - alone) / np.outer(1 - share, 1 - share)
    together = np.maximum(squares - votes * unit(table), 0.0)  # pairs of votes of one cluster
    alike = max(float(added.trace()), 0.0) / max(float(together.sum()), 1e-9)
    default = (TASTE * PAR) ** 2
    likeness = np.where(effective[determined] < LEAST_EFFECTIVE, max(alike, default), alike)
    weight = effective[determined] / (effective[determined] + LEAST_EFFECTIVE)
    added = np.sqrt(np.outer(weight, weight)) * added
    added -= added.mean(axis=0)  # what one model is given is taken from others
    added -= added.mean(axis=1)[:, None]
    matrix[np.ix_(determined, determined)] = added
    lacking = np.zeros(n)
    lacking[determined] = (1 - weight) * likeness * together / votes
    matrix += information(table, table.votes * (lacking[table.first] + lacking[table.second]) / 2)
    tail = 0.5 + confidence / 2
    freedom = np.maximum(effective[determined], LEAST_EFFECTIVE) - 1
    scale[determined] = stdtrit(freedom, tail) / ndtri(tail)
    return Excess(matrix, effective, scale)
