"""Test whether voters who act together prefer models as no honest voters would.

**Links.** Voters are linked by networks and prompts that they share within a few days. A key (a
network or a prompt) of k voters links each two of them with weight 1 / (k - 1) (Newman 2001, arXiv
cond-mat/0011144); a key that very many share links nobody. The groups to test are the communities
of this graph (Louvain, Blondel et al. 2008, arXiv 0803.0476, with a fixed seed). Browser kinds are
shared by chance far more often, so they do not form these groups. A browser kind that few voters
share, several of them in no group, adds those to the group that most of its users are in; or it
forms a new group of them, if most users are in none.

**Test.** The votes of a group, in order of time, are weighed as those of one voter by the e-process
of `arena.integrity.statistics.voter.preference`, against a board fitted without any of them. Then
what the members have in common is the target: sybils (fake accounts of one person) with five votes
each are as visible together as one rigger with two hundred. Over all groups, e-BH bounds the false
discovery rate.

**Null hypothesis, and why groups may be chosen by data.** Given everything before a vote *and the
links of everybody at all times*, an honest voter's probability of picking a lies within the bounds
of `NullHypothesis`. Networks, browser kinds, hours and prompts do not depend on outcomes. So, given
all of them, the groups are fixed, each factor of the merged votes of honest members has an
expectation of at most 1, and so has their product at any time. This holds for offices, families and
classes too, however they came to share a network or a prompt. It would fail if honest people chose
*whom to share with* by the outcomes of their votes. Similar outcomes of two voters therefore make
no link: groups found by outcomes would have to be tested on other votes, which halves the little
that sybils show. The merged e-process itself measures how alike the members vote beyond the
ratings.

**Members.** A group that is found may include bystanders. The members whose votes support the best
alternative are identified, as many as leave an expected share of `BYSTANDERS` among them. For this,
the members are a mixture of riggers and bystanders with a fitted proportion (empirical Bayes, as in
Efron 2008, "Microarrays, empirical Bayes and the two-groups model"). This is a diagnosis, not a
test.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from arena.integrity.statistics.e_values import e_bh
from arena.integrity.statistics.prediction import Expected, Floats, Indices, Prediction
from arena.integrity.statistics.voter.preference import (
    Alternative,
    NullHypothesis,
    PreferenceEvidence,
)

WINDOW = 3 * 86_400.0
"""Seconds: uses of a key with a longer gap between them link nobody."""

COMMON = 150
"""A key that more voters share within the window links nobody."""

FEW = 80
"""A browser kind that more voters share within the window links nobody.

Chosen on the seeds 11 and 21 of the attack simulator. There 71 and 59 voters share the browser of
sybils of one vote on a day: with 20 hardly any of these is found by it, with 40 some, with 80 as
many as with 150.
"""

BYSTANDERS = 0.03
"""Expected share of bystanders among the members that are identified."""

MEMBERS = NullHypothesis(adaptation_rate=0.0)
"""Members differ in taste, so many votes of several voters do not add up to one taste."""

ROUNDING = 1e-6
"""Log ratios up to this are rounding errors: no vote of the member is evidence."""


@dataclass(frozen=True, slots=True)
class Sightings:
    """When which voter was seen with a key (a network, a device hint, a prompt), in any order.

    Shape (sightings,) each; `at` in seconds, `key` and `voter` any numbers; `device` says whether
    the key is a device's.
    """

    voter: Indices
    key: Indices
    at: Floats
    device: NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Votes:
    """Votes of many voters in the order of time, shape (votes,) each; as in
    `PreferenceEvidence.update`.
    """

    voter: Indices
    a: Indices
    b: Indices
    picked_a: Floats


@dataclass(frozen=True, slots=True)
class Group:
    """Voters found to act together, with the group's log-e-value and what explains it best."""

    members: Indices
    involved: Indices
    log_e: float
    alternative: Alternative


def communities(sightings: Sightings) -> list[Indices]:
    """Groups of at least two voters that share keys, each voter in one at most."""
    firm, devices = _sharings(sightings)
    groups = _with_those_outside(_clusters(firm), devices)
    return [np.array(group) for group in sorted(map(sorted, groups))]


def _with_those_outside(groups: list[list[int]], sharings: Sequence[list[int]]) -> list[list[int]]:
    """The groups, with the voters in none whom devices bring in or join with one another.

    Args:
        sharings: the voters who share each device.
    """
    group_of = {voter: number for number, group in enumerate(groups) for voter in group}
    called: defaultdict[int, Counter[int]] = defaultdict(Counter)
    apart = []
    for sharing in sharings:
        outside = [voter for voter in sharing if voter not in group_of]
        where, most = Counter(map(group_of.get, sharing)).most_common(1)[0]
        if len(outside) == 1 or 2 * most <= len(sharing):
            continue  # a single one may well be a stranger, and so may those of no one group
        if where is None:
            apart.append(outside)
        else:
            for voter in outside:
                called[voter][where] += 1
    brought = defaultdict(list)
    for voter, calls in called.items():
        brought[calls.most_common(1)[0][0]].append(voter)
    return [
        *(group + brought[number] for number, group in enumerate(groups)),
        *_clusters([voter for voter in outside if voter not in called] for outside in apart),
    ]


def _sharings(sightings: Sightings) -> tuple[list[list[int]], list[list[int]]]:
    """The voters who share each key within the window, if it tells something; of devices apart."""
    order = np.lexsort((sightings.at, sightings.key))
    voter, key, at = sightings.voter[order], sightings.key[order], sightings.at[order]
    starts = np.ones(len(key), dtype=bool)
    starts[1:] = (key[1:] != key[:-1]) | (np.diff(at) > WINDOW)
    device = sightings.device[order][starts]
    shared = np.unique(np.stack([np.cumsum(starts), voter]), axis=1)
    firm: list[list[int]] = []
    devices: list[list[int]] = []
    sharings = np.split(shared[1], np.flatnonzero(np.diff(shared[0])) + 1)
    for sharing, is_device in zip(sharings, device, strict=False):  # one is empty if there are none
        if 1 < len(sharing) <= (FEW if is_device else COMMON):
            (devices if is_device else firm).append(sharing.tolist())
    return firm, devices


def _clusters(sharings: Iterable[Sequence[int]]) -> list[list[int]]:
    """Communities of the graph of voters whom each of these joins."""
    weights: defaultdict[tuple[int, int], float] = defaultdict(float)
    for sharing in sharings:
        for pair in combinations(sharing, 2):
            weights[pair] += 1 / (len(sharing) - 1)
    import networkx as nx  # noqa: PLC0415 - it takes as long to load as half of the site

    graph: nx.Graph[int] = nx.Graph()
    graph.add_weighted_edges_from((i, j, weight) for (i, j), weight in weights.items())
    found = nx.community.louvain_communities(graph, seed=0)
    return sorted(map(sorted, found))


def find_groups(
    votes: Votes,
    groups: Sequence[Indices],
    without: Callable[[Indices], Prediction],
    alpha: float,
) -> list[Group]:
    """Groups whose votes no honest voters cast, at false discovery rate alpha, strongest first.

    Args:
        groups: voters of each, as from `communities`.
        without: the board fitted without the votes of these voters.
    """
    if not groups:
        return []
    order = np.argsort(votes.voter, kind="stable")
    voters = votes.voter[order]

    def cast_by(members: Indices) -> Indices:
        starts, ends = (np.searchsorted(voters, members, side) for side in ("left", "right"))
        return np.sort(np.concatenate([order[i:j] for i, j in zip(starts, ends, strict=True)]))

    boards = [without(group) for group in groups]
    together = weigh_rows(boards, votes, [cast_by(group) for group in groups])
    log_e = together.log_e()
    found = np.flatnonzero(e_bh(log_e, alpha))
    named = []
    for g in found[np.argsort(-log_e[found], kind="stable")]:
        members, alternative = groups[g], together.strongest(g)
        involved = members
        if alternative.model is not None:
            rows = [cast_by(members[k : k + 1]) for k in range(len(members))]
            alone = weigh_rows([boards[g]] * len(rows), votes, rows)
            share = int(together.of(alternative)[g].argmax())
            involved = members[_rig(alone.of(alternative)[:, share])]
        named.append(Group(members, involved, float(log_e[g]), alternative))
    return named


def _rig(log_ratio: Floats) -> NDArray[np.bool_]:
    """Which members rig, from the log of how much likelier each one's votes are if so."""
    ratio, proportion = np.exp(log_ratio), 0.5
    for _ in range(50):  # expectation and maximisation, which settle long before
        rigs = proportion * ratio / (proportion * ratio + 1 - proportion)
        proportion = float(rigs.mean())
    order = np.argsort(-rigs, kind="stable")
    wrong = np.cumsum(1 - rigs[order]) / np.arange(1, len(rigs) + 1)
    named = np.zeros(len(rigs), dtype=bool)
    named[order[wrong <= BYSTANDERS]] = True
    found: NDArray[np.bool_] = named & (log_ratio > ROUNDING)
    return found


def weigh_rows(
    boards: Sequence[Prediction], votes: Votes, rows: Sequence[Indices]
) -> PreferenceEvidence:
    """The evidence of each row of votes (their places, in order) as if one voter had cast it.

    Args:
        boards: what each row is weighed against.
    """
    models = len(boards[0].strengths)
    steps = max(map(len, rows))
    a, b = (np.zeros((len(rows), steps), dtype=np.intp) for _ in range(2))
    difference, error = (np.zeros((len(rows), steps)) for _ in range(2))
    # A row that has ended goes on with ties, which say nothing.
    picked_a = np.full((len(rows), steps), np.nan)
    gradient_sign = np.zeros((len(rows), steps, models), dtype=bool)
    for number, (board, row) in enumerate(zip(boards, rows, strict=True)):
        here = number, slice(len(row))
        a[here], b[here], picked_a[here] = votes.a[row], votes.b[row], votes.picked_a[row]
        expected = board.expected(votes.a[row], votes.b[row])
        difference[here], error[here], gradient_sign[here] = (
            expected.difference,
            expected.error,
            expected.gradient_sign,
        )
    evidence = PreferenceEvidence(len(rows), models, MEMBERS)
    for step in range(steps):
        expected = Expected(difference[:, step], error[:, step], gradient_sign[:, step])
        evidence.update(expected, a[:, step], b[:, step], picked_a[:, step])
    return evidence
