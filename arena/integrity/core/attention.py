"""Whether a voter reads: times of votes. Measures for `oddity`; they hold nobody's votes.

Picking sides in a pattern, another sign that nobody reads, has an honest null and is an alternative
of `preference`.
"""

import numpy as np

from arena.integrity.core.preference import Floats

FASTEST = 25.0
"""Tokens a second that nobody reads, some 1,100 words a minute."""

SESSION = 1800.0
"""Seconds without a vote after which a new session has begun."""

ENOUGH = 10
"""Fewer votes, pauses or hours tell nothing."""

DAY = 86_400.0


def attention(at: Floats, reading: Floats, length: Floats) -> dict[str, float]:
    """Measures of one voter, odd when high; NaN where there are too few votes.

    - unread: share of votes cast sooner after the answers' end than anybody could have read them.
    - before the end: share of votes cast before both answers had ended.
    - regular: how alike the pauses between votes of a session are, as minus the standard deviation
      of their logarithms.
    - sleepless: minus the longest time of the day, in hours, in which the voter never votes.

    Args:
        at: when the votes were cast, in seconds since an epoch in UTC, in order; shape (votes,).
        reading: seconds from the end of the answers to each vote, negative before it.
        length: tokens of both answers.
    """
    if len(at) < ENOUGH:
        return dict.fromkeys(("unread", "before the end", "regular", "sleepless"), np.nan)
    pauses = np.diff(at)
    pauses = pauses[(pauses > 0) & (pauses < SESSION)]
    return {
        "unread": float(np.mean(reading < length / FASTEST)),
        "before the end": float(np.mean(reading < 0)),
        "regular": -float(np.std(np.log(pauses))) if len(pauses) >= ENOUGH else np.nan,
        "sleepless": -_quiet_hours(at),
    }


def _quiet_hours(at: Floats) -> float:
    """The longest stretch of the clock without a vote on any day; NaN within two days."""
    if at[-1] - at[0] < 2 * DAY:
        return np.nan
    clock = np.sort(at % DAY)
    return float(np.diff(clock, append=clock[0] + DAY).max()) / 3600
