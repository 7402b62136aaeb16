"""Test whether newcomers vote about a model as an honest crowd does, whatever their number.

Accounts that cast a few votes each and share nothing cannot be tested one by one. Their votes on a
model are tested together, against the votes of established voters.

**Who.** The first `FIRST` votes of each voter are a newcomer's; later votes are an established
voter's. Established voters' votes before a day make the board that the day's newcomers are compared
with. The newcomers' votes on a model are tested in three parts: the first vote of each voter; votes
of voters who had the model before ("again"); and the others. Honest newcomers hardly ever get a
model twice, so the second part shows a farm of several votes an account clearly.

**Null hypothesis.** For each model m, three changes are tested: newcomers raise it, lower it, or
call ties about it. A vote on m against another model has a score: 1 for a win of m, 1/2 for a tie
or both bad, else 0 (lowered: the other way round; tied: 1 for a tie or both bad, else 0). Let d be
the difference of the two models on the board, in log-odds, and s its standard error. The expected
score of an honest crowd is at most

    (1 - lapse) h + lapse max(h, 1/2),    h = expit(c d + taste + z s),

whatever came before: a community may prefer m by `taste` more than everybody, may see differences
more or less sharply (c, one of `contrasts`), and may cast a share of its votes without looking
(`lapse`). The odds of a tie are at most `ties` times those of Davidson's model (1970) for
established voters and that c. Nobody can choose which models are shown, so the chance that a
newcomer's first vote is on m is at most `picks` times the share of m in the draw of the day.

**Evidence.** There are two kinds of bets on each part. Each multiplies the e-value by a factor with
an expectation of at most 1. For each vote on m: 1 + f (score / bound - 1), a bet on a bounded mean
(Waudby-Smith and Ramdas 2024, "Estimating means of bounded random variables by betting"). For each
first vote, on m or not: (1 + g y) / (1 + g b), where y is the score, 0 if the vote is not on m, and
b its bound. The e-value is the mean over parts and stakes f and g, and of these means the smallest
of all `contrasts`. By Ville's inequality it ever reaches 1/a with a chance of at most a.

**Restarts.** Such an e-value starts on each day. The one of the site's k-th day has the share 10 /
((k + 9) (k + 10)) of alpha, and each model has a share too (`share_of_model`). The shares add up to
at most 1: over its whole life a site suspects honest newcomers, for any model and change, with a
chance of at most alpha.

**What is held.** The stretch of votes with the largest sum of logarithms, between the likeliest
points of change (CUSUM, Page 1954), and any others that are strong evidence alone; of these, the
votes that support the change. All newcomers' votes on a model in the stretches that were found are
left out when the next model is tested, because they explain what its opponents lost.
"""

from collections.abc import Mapping, Sequence

import numpy as np

from arena.integrity.statistics.newcomers.betting import Change, NewcomerEvidence
from arena.integrity.statistics.newcomers.crowd import Crowd, Day, Sort
from arena.integrity.statistics.newcomers.first_votes import Firsts

FIRST_BLOCK = 128
"""The first so many models share half of alpha."""


def share_of_model(place: int) -> float:
    """The share of alpha for one change of the model at this place.

    The first block of models shares half of alpha. Each later block is as large as all before it,
    and shares half of the share of the block before.
    """
    begin, size, share = 0, FIRST_BLOCK, 0.5
    while place >= begin + size:
        begin += size
        size, share = begin, share / 2
    return share / size / len(Sort)


def share_of_day(number: int) -> float:
    """The share of alpha for the e-values that start on this day of the site (from 1)."""
    return 10 / ((number + 9) * (number + 10))


def find_changes(
    votes: Firsts,
    days: Sequence[Day],
    alpha: float,
    *,
    acknowledged: Mapping[tuple[int, Sort], int] | None = None,
    crowd: Crowd | None = None,
) -> list[Change]:
    """Changes by newcomers that no honest crowd would make, the strongest evidence first.

    Args:
        alpha: the chance that a site ever finds such a change if everybody is honest.
        acknowledged: the newest vote (number) that a moderator acknowledged, by model and change.
    """
    if not len(votes.vote):
        return []
    evidence = NewcomerEvidence(votes, days, crowd or Crowd())
    for (model, sort), newest in (acknowledged or {}).items():
        evidence.acknowledge(model, sort, newest)
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
