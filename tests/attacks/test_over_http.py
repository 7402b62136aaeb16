"""Attacks over HTTP against a running site, beside the simulator on the same board.

The site has ten contestants and the honest votes of a fortnight. A rigger opens battles, knows the
contestants by a word of their answers, and votes where their target stands. What that moves is
compared with what the simulator says of the same attack on the same honest votes.
"""

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import altcha
import numpy as np
import pytest

from arena.embedded.supervisor import ROOT, Site
from arena.integrity.simulator.site import farms
from arena.integrity.simulator.site.days import Traffic, Votes
from arena.integrity.simulator.site.farms import COUNTS, FARMS, Farm, FarmFigures
from arena.integrity.simulator.site.floods import PHONE_TRIES, bill
from arena.integrity.simulator.world import BOTH_BAD, TIE, A, B, draw_outcomes
from arena.integrity.statistics.prediction import Floats
from arena.voters.throttling.price import Allowance
from tests.chance import at_least
from tests.conftest import running_site, write_catalogue
from tests.drawn import runs_whole
from tests.openai_server import OpenAIServer
from tests.speed import seconds
from tests.visitor import Visitor

SEED = 5301
WORDS = ("heron", "walrus", "tapir", "otter", "lemur", "gecko", "bison", "finch", "skunk", "moose")
MODELS = [f"model-{place}" for place in range(len(WORDS))]
TARGET = 5
TRAFFIC = Traffic(guests=8, members=1)
OUTCOMES = {A: "a", B: "b", TIE: "tie", BOTH_BAD: "both_bad"}
ALLOWANCE = "30 3000 1400"
AT_ONCE = 8
SIMULATED = 12  # times that the simulator draws the attack

TODAY = 0.04
ATTACKS = {
    "1 vote, demotion": replace(FARMS["1 vote, demotion"], days=TODAY),
    "twenty networks": replace(FARMS["twenty networks, a day"], days=TODAY),
    "3 votes, 1 rigged": replace(FARMS["3 votes, 1 rigged"], days=TODAY),
}
"""Those that move most: the first two if all votes count alike, the last as they are weighed."""


@dataclass(frozen=True, slots=True)
class Arena:
    """A running site, and the simulator's with the same honest votes."""

    site: Site
    simulated: farms.Site

    def command(self, name: str, given: Any = None) -> str:
        """Have one of `tests.attacks.on_site` done in a process of the site; what it printed."""
        return subprocess.run(
            [sys.executable, "-m", "tests.attacks.on_site", name],
            input=json.dumps(given),
            env=self.site.environment(),
            cwd=ROOT,
            text=True,
            check=True,
            stdout=subprocess.PIPE,
        ).stdout

    @property
    def honest(self) -> int:
        """How many honest votes there are, the first on the site."""
        return len(self.simulated.votes.voter)

    def cast(self) -> Votes:
        """The votes since the honest ones, as the simulator takes them."""
        rows = json.loads(self.command("list", self.honest))
        outcome = {name: number for number, name in OUTCOMES.items()}
        numbers = {
            name: np.unique([row[name] for row in rows], return_inverse=True)[1]
            for name in ("voter", "network")
        }
        return Votes(
            **numbers,
            at=np.full(len(rows), float(self.simulated.votes.at.max())),
            **{side: np.array([MODELS.index(row[side]) for row in rows]) for side in "ab"},
            outcome=np.array([outcome[row["outcome"]] for row in rows], dtype=np.int8),
            opened=np.ones(len(rows)),
            rigged=np.ones(len(rows), dtype=bool),
            earlier=np.zeros(len(rows), dtype=np.intp),
        )

    def ratings(self) -> tuple[Floats, Floats]:
        """As cast and as weighed, shape (models,) each, as the site publishes them."""
        self.command("rate")
        rows = Visitor(self.site.url).get("/api/v1/boards/overall/leaderboard").json()["rows"]
        row = {row["contestant"]: row for row in rows}
        weighed = [row[model]["rating"] for model in MODELS]
        plain = [row[model]["rating_as_cast"] for model in MODELS]  # null where all weigh 1
        return np.array([p or w for p, w in zip(plain, weighed, strict=True)]), np.array(weighed)


@pytest.fixture(scope="module")
def arena(openai_server: OpenAIServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Arena]:
    file = tmp_path_factory.mktemp("attacked") / "catalogue.json"
    behaviours = {m: f"own-word~{word}" for m, word in zip(MODELS, WORDS, strict=True)}
    write_catalogue(file, openai_server.url, behaviours)
    rng = np.random.default_rng(SEED)
    truth = np.sort(0.6 * rng.standard_normal(len(MODELS)))[::-1]
    simulated = farms.Site.of(truth - truth.mean(), TRAFFIC, seed=SEED)
    settings = {
        "ARENA_TRUSTED_PROXIES": "1",
        "ARENA_CONSENT_VERSION": "",
        "ARENA_GOLD_ONE_IN": "0",
        "ARENA_HOLD_ALPHA": f"{1e-60:.60f}",  # no vote is held: what is measured are weights
        "ARENA_NEWCOMERS": ALLOWANCE,
        "ARENA_RATE_OPEN": "",
        "ARENA_PACED": "False",
    }
    with running_site(file, **settings) as site:
        found = Arena(site, simulated)
        found.command("cast", honest_votes(simulated))
        yield found


def honest_votes(site: farms.Site) -> list[dict[str, Any]]:
    votes = site.votes
    rows = zip(votes.voter, votes.network, votes.at, votes.a, votes.b, votes.outcome, strict=True)
    return [
        {
            "voter": int(voter),
            "network": int(network),
            "at": float(at),
            "a": MODELS[a],
            "b": MODELS[b],
            "outcome": OUTCOMES[int(outcome)],
        }
        for voter, network, at, a, b, outcome in rows
    ]


def answered(visitor: Visitor, battle: dict[str, Any]) -> tuple[dict[str, Any], int, int]:
    """A battle once both answers are there, and the models that they tell."""
    end = time.monotonic() + seconds(60)
    while battle["state"] == "generating" and time.monotonic() < end:
        time.sleep(0.05)
        battle = visitor.get(f"/api/v1/battles/{battle['id']}").json()
    assert battle["state"] == "open", battle
    texts = battle["turns"][0]["answers"]
    a, b = (next(n for n, word in enumerate(WORDS) if word in texts[side]) for side in "ab")
    return battle, a, b


def open_paying(visitor: Visitor) -> tuple[dict[str, Any], int]:
    """A new battle, and the most tries that were asked for it and are done.

    As the page does, it works as often as it is asked, and comes back when the site is busy.
    """
    opening, tries = {"prompt": f"What is {time.monotonic_ns()} in words?"}, 0
    end = time.monotonic() + seconds(120)
    while time.monotonic() < end:
        reply = visitor.post("/api/v1/battles", opening)
        if reply.status == 201:
            return reply.json(), tries
        problem = reply.json()
        if reply.status == 503:
            time.sleep(problem["retry_after"])
            continue
        assert reply.status == 403, reply.body
        tries = int(problem["tries"])
        challenge = altcha.Challenge.from_dict(problem["challenge"])
        solution = altcha.solve_challenge(challenge)
        assert solution is not None
        opening["proof"] = altcha.Payload(challenge, solution).to_base64()
    raise AssertionError("No battle opens.")


class Rigger:
    """One account of a farm, which comes from an address of its own or of one of the networks."""

    def __init__(self, arena: Arena, address: str) -> None:
        self.truth = arena.simulated.truth
        self.visitor = Visitor(arena.site.url, address=address)
        self.opened = 0

    def battle(self) -> tuple[dict[str, Any], int, int]:
        """A new battle, and its models."""
        self.opened += 1
        return answered(self.visitor, open_paying(self.visitor)[0])

    def vote(self, farm: Farm, recognises: bool, fills: bool, rng: np.random.Generator) -> None:
        """Vote once as the farm does, in the first battle that suits it."""
        opponents = farm.opponents(self.truth, TARGET)
        battle, a, b = self.battle()
        while not (fills or (a == TARGET and opponents[b]) or (b == TARGET and opponents[a])):
            battle, a, b = self.battle()
        (outcome,) = draw_outcomes(np.array([self.truth[a] - self.truth[b]]), rng)
        if recognises and not fills and farm.outcome is not None:
            planned = farm.outcome
            turned = {A: B, B: A}.get(planned, planned)
            outcome = planned if a == TARGET else turned
        reply = self.visitor.vote(battle, OUTCOMES[int(outcome)])
        assert reply.status == 201, reply.body


def rig(arena: Arena, farm: Farm, votes: int) -> int:
    """Cast the votes of a farm over HTTP; returns how many battles that took."""
    rng = np.random.default_rng([SEED, 7])
    recognises = rng.permutation(np.arange(votes) < round(farm.classifier * votes))
    fills = rng.permutation(np.arange(votes) < round(farm.filler * votes))
    plans = np.array_split(np.arange(votes), votes // farm.each)
    networks = farm.networks or len(plans)

    def account(number: int) -> int:
        place = number % networks
        rigger = Rigger(arena, f"198.{18 + place % 2}.{place}.{1 + number // networks}")
        draws = np.random.default_rng([SEED, 8, number])
        for vote in plans[number]:
            rigger.vote(farm, bool(recognises[vote]), bool(fills[vote]), draws)
        return rigger.opened

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return sum(pool.map(account, range(len(plans))))


@pytest.mark.timeout(1800)
@pytest.mark.parametrize("name", ATTACKS if runs_whole() else ["twenty networks"])
def test_an_attack_over_http_moves_what_the_simulator_says(arena: Arena, name: str) -> None:
    votes = 100 if runs_whole() else 40
    farm = ATTACKS[name]
    before = arena.ratings()
    opened = rig(arena, farm, votes)
    after = arena.ratings()
    cast = arena.cast()
    arena.command("exclude", arena.honest)
    assert len(cast.voter) == votes

    draws = np.array(
        [
            points(arena.simulated.attacked(farm, votes, target=TARGET, seed=SEED + draw))
            for draw in range(SIMULATED)
        ]
    )
    moved = {
        "the site": tuple(float((after[way] - before[way])[TARGET]) for way in (0, 1)),
        "the simulator, the same votes": points(
            arena.simulated.joined(cast, target=TARGET, seed=SEED)
        ),
        "the simulator, drawn again": tuple(draws.mean(axis=0)),
    }
    print(f"\n{name}, {votes} votes, {opened} battles opened; all alike, and weighed:")
    for who, (plain, weighed) in moved.items():
        print(f"  {who}: {plain:+.1f}, {weighed:+.1f}")
    site, same, drawn = moved.values()
    assert site == pytest.approx(same, abs=0.15 * abs(same[0]))
    # One attack is as far from the mean of many as chance will have it.
    chance = 3 * draws.std(axis=0, ddof=1)
    assert site[0] == pytest.approx(drawn[0], abs=0.15 * abs(drawn[0]) + chance[0])
    assert site[1] == pytest.approx(drawn[1], abs=0.15 * abs(drawn[0]) + chance[1])


def points(found: FarmFigures) -> tuple[float, float]:
    return found.plain[1], found.weighed[1]


SYBILS, HONEST = 45, 10
FLOODED = "203.0.113"


def test_a_flood_over_http_pays_what_the_simulator_says_and_others_next_to_nothing(
    arena: Arena,
) -> None:
    """A small one: `python manage.py floods` has the figures of a thousand sybils."""
    rng = np.random.default_rng([SEED, 9])
    paid = [pay_and_vote(arena, f"{FLOODED}.{1 + n}", rng)[0] for n in range(SYBILS)]
    one_after_the_other = Votes(
        voter=np.arange(SYBILS),
        at=np.linspace(13, 13.001, SYBILS),
        network=np.zeros(SYBILS, dtype=np.intp),
        a=np.zeros(SYBILS, dtype=np.intp),
        b=np.ones(SYBILS, dtype=np.intp),
        outcome=np.zeros(SYBILS, dtype=np.int8),
        opened=np.ones(SYBILS),
        rigged=np.ones(SYBILS, dtype=bool),
        earlier=np.zeros(SYBILS, dtype=np.intp),
    )
    allowance = Allowance(*map(int, ALLOWANCE.split()))
    expected = bill(one_after_the_other, np.zeros(SYBILS, dtype=np.intp), allowance).tries
    print(f"\ntries that {SYBILS} newcomers of one network were asked: {paid}")
    print(f"by the simulator: {expected.tolist()}")
    assert paid == pytest.approx(expected, abs=100)
    assert paid[-1] > 0

    others = [pay_and_vote(arena, f"198.51.{100 + n}.7", rng) for n in range(HONEST)]
    assert max(tries for tries, _ in others) <= 3 * PHONE_TRIES
    arena.command("rate")
    votes = [visitor.get(path).json()["vote"] for _, (visitor, path) in others]
    assert all(vote["standing"] == "counted" for vote in votes)
    assert at_least(sum(vote["weight"] >= COUNTS for vote in votes), HONEST, 0.9)
    arena.command("exclude", arena.honest)


def pay_and_vote(
    arena: Arena, address: str, rng: np.random.Generator
) -> tuple[int, tuple[Visitor, str]]:
    """Open a battle as a newcomer, whatever work that takes, and vote honestly on it.

    Returns the most tries that were asked, and where the visitor finds the battle.
    """
    visitor = Visitor(arena.site.url, address=address)
    opened, tries = open_paying(visitor)
    battle, a, b = answered(visitor, opened)
    truth = arena.simulated.truth
    (outcome,) = draw_outcomes(np.array([truth[a] - truth[b]]), rng)
    assert visitor.vote(battle, OUTCOMES[int(outcome)]).status == 201
    return tries, (visitor, f"/api/v1/battles/{battle['id']}")
