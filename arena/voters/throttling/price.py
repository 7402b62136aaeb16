"""What it costs a newcomer to open a battle: a proof of work that rises with the rate of newcomers.

A newcomer is a voter who has not cast `VOTES` votes that are a day old. One who leaves most of the
battles of a day pays as a newcomer does, for so do riggers who seek the battles of a target. Each
battle that such a voter opens counts, whoever opens it: so a thousand accounts of one vote cost as
much as two hundred of five.

Three counts are kept: of the visitor's network, of the larger network around it (its provider), and
of the whole site. They decay exponentially with a time constant of a day, so a count is the number
of battles of about a day, and waiting for an hour resets nothing. A slower count of the site, of a
month, tells what is usual.

Up to an allowance nothing is asked. Beyond it the level of work is the logarithm of the excess:
each doubling of the count multiplies the work by `OWN.growth`, or by `SHARED.growth` for the
provider's and the site's counts. What these ask stays small, for most who pay it are honest.
"""

import math
from dataclasses import dataclass, replace

ITERATIONS = 2_000
"""Of PBKDF2 with SHA-256 for each try."""

EXPECTED = 0.75
"""Tries that it takes on average, of the most that it can take."""

FIRST_TRIES = 400
"""At most, just above the allowance."""


@dataclass(frozen=True, slots=True)
class Scale:
    """How the work grows with each doubling of a count, and the most tries that are ever asked."""

    growth: float
    most: int

    def tries(self, count: float, allowed: float) -> int:
        """In hundreds, so that they tell little of who else came."""
        if count <= allowed:
            return 0
        tries = FIRST_TRIES * self.growth ** math.log2(count / allowed)
        return int(min(round(tries, -2), self.most))


OWN, SHARED = Scale(growth=2**1.5, most=25_600), Scale(growth=2.0, most=1_600)

DAY = 86_400.0  # seconds, as all times here
MONTH = 28 * DAY

VOTES = 5
"""Votes that are a day old from which on their voter is no newcomer."""

LEFT_FROM, LEFT_TIMES = 10, 3
"""Who opened so many battles in a day, and so many times as many as they voted on, leaves most."""

OWN_SHARE, PROVIDER_SHARE = 0.02, 0.1
"""Parts of what is usual on the whole site that are allowed to one network, and to one provider."""

USUAL_TIMES = 2.0
"""So many times what is usual on the whole site is allowed to it."""


@dataclass(frozen=True, slots=True)
class Allowance:
    """Battles that newcomers open in a day without a proof of work, at least.

    On a busy site the shares of what is usual allow a network and its provider more; `site` is what
    counts as usual at least.
    """

    network: float = 60
    provider: float = 600
    site: float = 1_000


@dataclass(frozen=True, slots=True)
class Newcomers:
    """Battles that newcomers opened in about the last day, and how many are usual on the site."""

    network: float = 0.0
    provider: float = 0.0
    site: float = 0.0
    usual: float = 0.0


def tries_of(newcomers: Newcomers, allowance: Allowance) -> int:
    """The most tries that opening one more battle takes a newcomer; 0: no proof is asked."""
    usual = max(newcomers.usual, allowance.site)
    return max(
        OWN.tries(newcomers.network, max(allowance.network, OWN_SHARE * usual)),
        SHARED.tries(newcomers.provider, max(allowance.provider, PROVIDER_SHARE * usual)),
        SHARED.tries(newcomers.site, USUAL_TIMES * usual),
    )


def leaves_most(opened: float, voted: int) -> bool:
    """Whether a voter leaves most of the battles that they opened in a day."""
    return opened >= LEFT_FROM and opened > LEFT_TIMES * voted


def covers(tries: int, asked: int) -> bool:
    """Whether so much work is enough: a price may have doubled since it was named."""
    return asked <= max(2 * tries, FIRST_TRIES)


def work_of(newcomers: Newcomers, allowance: Allowance) -> float:
    """The expected work of opening one more battle as a newcomer, in iterations of PBKDF2."""
    return EXPECTED * ITERATIONS * tries_of(newcomers, allowance)


@dataclass(frozen=True, slots=True)
class Count:
    """An exponentially decaying count: `number` at the time `at`, kept since `began`."""

    number: float
    at: float
    began: float

    def one_more(self, at: float, life: float) -> "Count":
        """The count with one more at that time; `life` is its time constant."""
        return replace(self, number=self.after(at, life) + 1, at=at)

    def after(self, at: float, life: float) -> float:
        return self.number * math.exp(min(0.0, self.at - at) / life)


def usual_of(count: Count, at: float) -> float:
    """The mean number in a day, of a count with the time constant `MONTH`.

    A count that began lately knows only what came since, so it is divided by that time; the first
    day counts as a whole one.
    """
    age = max(at - count.began, DAY)
    return count.after(at, MONTH) / (MONTH * -math.expm1(-age / MONTH)) * DAY
