"""Weights that enough votes share: a unique weight would identify a vote."""

import numpy as np
from numpy.typing import NDArray

FULL = 10  # tenths

Numbers = NDArray[np.int64]


def common_levels(tenths: Numbers, group: Numbers, smallest: int) -> tuple[Numbers, Numbers]:
    """Weights such that at least `smallest` votes have the same weight for the same reason.

    In each group the rarest weight joins the nearest one, until all are common. What is left of
    groups with too few votes altogether joins the nearest weight of another group; where there is
    none, it counts fully.

    Args:
        tenths: the weight of each vote, shape (votes,).
        group: what bounds it, from 1; 0 where it counts fully, shape (votes,).
    """
    tenths, group = tenths.copy(), group.copy()
    below = tenths < FULL
    few: list[int] = []
    for place in np.unique(group[below]).tolist():
        mine = below & (group == place)
        votes = np.bincount(tenths[mine], minlength=FULL)
        while 0 < (rarest := votes[votes > 0].min()) < smallest and np.count_nonzero(votes) > 1:
            level = int(np.flatnonzero(votes == rarest)[0])
            others = np.flatnonzero((votes > 0) & (np.arange(FULL) != level))
            near = int(others[np.argmin(np.abs(others - level))])
            tenths[mine & (tenths == level)] = near
            votes[near] += votes[level]
            votes[level] = 0
        if votes.sum() < smallest:
            few.append(place)
    rare = below & np.isin(group, few)
    common = np.unique(np.column_stack([tenths, group])[below & ~rare], axis=0)
    for level in np.unique(tenths[rare]).tolist():
        here = rare & (tenths == level)
        if len(common):
            tenths[here], group[here] = common[np.argmin(np.abs(common[:, 0] - level))]
        else:
            tenths[here], group[here] = FULL, 0
    return tenths, group
