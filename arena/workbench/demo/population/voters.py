"""The voters of the simulated site: honest ones, and accounts that moderators shall find."""

import uuid
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import numpy as np

from arena.integrity.simulator.world import TIE, A, draw_outcomes
from arena.workbench.demo.plan import Plan
from arena.workbench.demo.population.models import Player
from arena.workbench.demo.texts import LANGUAGES

BROWSERS = ("chrome-windows", "chrome-android", "safari-iphone", "firefox-linux", "safari-mac")


class Asks(StrEnum):
    """What somebody asks the models."""

    TOPICS = "topics"
    PROBES = "probes"  # who they are, before every second battle
    AGAIN = "again"  # the same few questions
    SHARED = "shared_prompts"  # what is handed around
    WORD = "word"  # topics, with one rare word in each


class Pace(StrEnum):
    """When somebody votes."""

    DAYTIME = "daytime"
    CLOCK = "clock"  # every two minutes
    NO_SLEEP_GAP = "no_sleep_gap"


@dataclass
class Person:
    """A voter, and how they behave.

    Args:
        taste: what they add to each contestant's strength, in log-odds, by slug.
        lapse: share of votes cast without looking.
        favours: contestant that they always vote for.
        opposes: contestant that they always vote against.
        side: on which they always vote.
        leaves: share of battles without `favours` or `opposes` that they leave undecided.
        reading: seconds from the end of the answers to the vote; the median.
        sees_ends: whether their page reports that the answers' ends were in view.
        votes: battles that they open.
        since: when they come, as a share of the simulated weeks; `until`: when they go.
    """

    network: str
    browser: str
    language: str = "en"
    publishes: bool = False
    taste: dict[str, float] = field(default_factory=dict)
    lapse: float = 0.05
    favours: str = ""
    opposes: str = ""
    side: str = ""
    leaves: float = 0.0
    reading: float = 20.0
    sees_ends: bool = True
    asks: Asks = Asks.TOPICS
    pace: Pace = Pace.DAYTIME
    votes: int = 0
    since: float = 0.0
    until: float = 1.0
    name: str = ""
    member: str = ""
    voter_id: uuid.UUID = field(default_factory=uuid.uuid4)

    def leaves_undecided(self, a: str, b: str, rng: np.random.Generator) -> bool:
        """Whether they leave a battle of these two without a vote."""
        return not {self.favours, self.opposes} & {a, b} and bool(rng.random() < self.leaves)

    def outcome(self, a: Player, b: Player, rng: np.random.Generator) -> str:
        """Their vote on a battle of a and b."""
        pair = (a.slug, b.slug)
        if self.side:
            return self.side
        if self.favours in pair:
            return "a" if self.favours == a.slug else "b"
        if self.opposes in pair:
            return "b" if self.opposes == a.slug else "a"
        if rng.random() < self.lapse:
            return str(rng.choice(["a", "b", "tie", "both_bad"]))
        seen = a.strength - b.strength + self.taste.get(a.slug, 0.0) - self.taste.get(b.slug, 0.0)
        drawn = int(draw_outcomes(np.array([seen]), rng)[0])
        if drawn == TIE:
            return "tie" if rng.random() < 0.7 else "both_bad"
        return "a" if drawn == A else "b"

    def times(self, days: int, rng: np.random.Generator) -> list[float]:
        """When they open battles, in days from the first midnight."""
        if self.pace is Pace.CLOCK:
            first = int(days * self.since)
            return [first + 14 / 24 + 120 * n / 86_400 for n in range(self.votes)]
        if self.pace is Pace.NO_SLEEP_GAP:
            # Ten times of day, 2.4 hours apart, three of them a day.
            first = int(days * self.since)
            return [first + n // 3 + 16.8 * n % 24 / 24 for n in range(self.votes)]
        day = np.floor(rng.uniform(days * self.since, days * self.until, self.votes))
        found: list[float] = (
            np.minimum(day, days - 1) + rng.uniform(7, 23, self.votes) / 24
        ).tolist()
        return sorted(found)


def crowd(plan: Plan, players: dict[str, Player], rng: np.random.Generator) -> list[Person]:
    """Everybody who votes, honest voters first."""
    others = odd(plan, list(players), rng)
    left = max(plan.votes - sum(each.votes for each in others), plan.voters)
    return honest(plan.voters, left, list(players), rng) + others


def honest(number: int, votes: int, slugs: list[str], rng: np.random.Generator) -> list[Person]:
    """Honest voters: a few vote a lot, many vote a little; tastes and languages differ."""
    busy = 1 / np.arange(1, number + 1) ** 0.8
    shares = rng.multinomial(votes, busy / busy.sum())
    made = [
        Person(
            network=f"honest-network-{rng.integers(0, 3 * number)}",
            browser=str(rng.choice(BROWSERS)),
            language=str(rng.choice(list(LANGUAGES), p=list(LANGUAGES.values()))),
            publishes=bool(rng.random() < 0.4),
            taste=dict(zip(slugs, rng.normal(0, 0.3, len(slugs)).tolist(), strict=True)),
            lapse=float(rng.choice([0.02, 0.1, 0.3], p=[0.7, 0.2, 0.1])),
            reading=float(rng.uniform(12, 40)),
            votes=int(share),
        )
        for share in shares
    ]
    made[min(3, number - 1)].language = "en"
    return made


def odd(plan: Plan, slugs: list[str], rng: np.random.Generator) -> list[Person]:
    """At least one account for each kind of behaviour that integrity flags.

    `slugs` are the contestants, the weakest first.
    """
    strong, weak = slugs[-max(2, len(slugs) // 6)], slugs[len(slugs) // 4]
    # Battles without their target they leave, so they need many.
    seeks = {"leaves": 1.0, "votes": 5 * plan.odd}
    kinds: dict[str, dict[str, Any]] = {
        "favours, early": {"favours": weak, **seeks, "since": 0.3, "until": 0.4},
        "favours, late": {"favours": strong, **seeks, "since": 0.8, "until": 0.9},
        "opposes": {"opposes": slugs[-1], **seeks, "since": 0.6, "until": 0.75},
        "opposes, last": {"opposes": slugs[-3], **seeks, "since": 0.95},
        "left side": {"side": "a", "since": 0.3, "until": 0.6},
        "right side": {"side": "b", "since": 0.7},
        "at random": {"lapse": 1.0, "since": 0.2, "votes": 3 * plan.odd},
    }
    habits: dict[str, dict[str, Any]] = {
        "too fast": {"reading": 0.4, "since": 0.4, "until": 0.6},
        "too fast, late": {"reading": 0.3, "since": 0.8},
        "does not scroll": {"sees_ends": False, "since": 0.5, "until": 0.8},
        "by the clock": {"pace": Pace.CLOCK, "since": 0.7},
        "never sleeps": {"pace": Pace.NO_SLEEP_GAP, "since": 0.5},
        "asks who they are": {"asks": Asks.PROBES, "since": 0.4, "until": 0.7},
        "asks again": {"asks": Asks.AGAIN, "since": 0.6},
        "asks what others ask": {"asks": Asks.SHARED, "since": 0.75},
        "writes one word": {"asks": Asks.WORD, "since": 0.7},
    }
    made = [
        Person(name=name, network=f"network-of-{name}", browser=str(rng.choice(BROWSERS)), **given)
        for name, given in [*kinds.items(), *habits.items()]
    ]
    for each in made:
        each.votes = each.votes or (max(24, plan.odd // 2) if each.name in habits else plan.odd)
    made += ring(plan, weak, rng, since=0.3, until=0.5)
    made += ring(plan, slugs[len(slugs) // 5], rng, since=0.7, until=0.95)
    made += bots(plan)
    made[0].member = "rita"
    return made


def bots(plan: Plan) -> list[Person]:
    """Accounts of one program, which always votes for the answer on the right."""
    return [
        Person(
            name="bots",
            network="network-of-bots",
            browser="headless-linux",
            side="b",
            votes=max(24, plan.odd // 2),
            since=0.5,
            until=0.8,
        )
        for _ in range(5)
    ]


def ring(
    plan: Plan, target: str, rng: np.random.Generator, *, since: float, until: float
) -> list[Person]:
    """Accounts of one person: one network, the same prompts, one contestant to vote for."""
    network = f"ring-network-{rng.integers(0, 10**6)}"
    browser = str(rng.choice(BROWSERS))
    return [
        Person(
            name="ring",
            network=network,
            browser=browser,
            favours=target,
            leaves=1.0,
            asks=Asks.SHARED,
            votes=3 * plan.odd // 2,
            since=since,
            until=until,
        )
        for _ in range(plan.ring)
    ]
