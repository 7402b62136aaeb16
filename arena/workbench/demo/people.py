"""Who votes on the simulated site: honest voters of several kinds, and riggers."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from arena.integrity.core.attack_range.world import TIE, A, draw_outcomes
from arena.voters.models import Voter

BROWSERS = ("chrome-windows", "chrome-android", "safari-iphone", "firefox-linux", "safari-mac")


@dataclass
class Person:
    """A voter, and how they see the contestants.

    Args:
        taste: what they add to each contestant's strength, in log-odds, by contestant's id.
        lapse: share of votes cast without looking.
        target: contestant that they always vote for; None for an honest voter.
        busy: how many votes they cast beside one of an ordinary voter.
    """

    voter: Voter
    network: str
    browser: str
    taste: dict[int, float] = field(default_factory=dict)
    lapse: float = 0.05
    target: int | None = None
    busy: float = 1.0

    def outcome(self, a: int, b: int, difference: float, rng: np.random.Generator) -> str:
        """Their vote on contestants a and b (ids), whose true strengths differ by so much."""
        if self.target in (a, b):
            return "a" if self.target == a else "b"
        if rng.random() < self.lapse:
            return str(rng.choice(["a", "b", "tie", "both_bad"]))
        seen = difference + self.taste.get(a, 0.0) - self.taste.get(b, 0.0)
        drawn = int(draw_outcomes(np.array([seen]), rng)[0])
        if drawn == TIE:
            return "tie" if rng.random() < 0.7 else "both_bad"
        return "a" if drawn == A else "b"


def honest(number: int, contestants: list[int], rng: np.random.Generator) -> list[Person]:
    """Honest guests: a few vote a lot, many vote a little; tastes differ."""
    busy: NDArray[np.float64] = 1 / np.arange(1, number + 1) ** 0.8
    return [
        Person(
            Voter.objects.create(publishes=bool(rng.random() < 0.4)),
            network=f"honest-network-{rng.integers(0, 3 * number // 4)}",
            browser=str(rng.choice(BROWSERS)),
            taste=dict(
                zip(contestants, rng.normal(0, 0.3, len(contestants)).tolist(), strict=True)
            ),
            lapse=float(rng.choice([0.02, 0.1, 0.3], p=[0.7, 0.2, 0.1])),
            busy=float(share),
        )
        for share in busy
    ]


def riggers(number: int, target: int, rng: np.random.Generator) -> list[Person]:
    """Accounts of one person, on one network, who vote for one contestant wherever it answers."""
    network = f"rigger-network-{rng.integers(0, 10**6)}"
    return [
        Person(
            Voter.objects.create(),
            network=network,
            browser=str(rng.choice(BROWSERS)),
            target=target,
            busy=0.1,
        )
        for _ in range(number)
    ]
