"""How simulated voters come and go: hours, reading times, prompts, networks, devices."""

from dataclasses import dataclass

import numpy as np

from arena.integrity.statistics.prediction import Floats, Indices

DAY = 86_400.0
READS = 6.0  # tokens a second, of the median voter
POPULAR = 300  # prompts that many voters ask, by Zipf's law
KINDS = 1 / np.arange(1, 501)
"""How common each of 500 kinds of browser is beside the first, by Zipf's law.

The first is 15% of all, the first ten are 43%. Of a billion user agents the first ten were 26%
(Kline et al. 2017, "On the structure and characteristics of user agent string"); since then most
browsers have ceased to tell the device and small versions, so that more are alike.
"""
_GROUP_IDS, _OWN_IDS = 10_000, 100_000_000


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How voters of a kind use the arena.

    `together` voters know each other (an office, a class, one rigger's accounts): each of them
    comes through one of their `networks` with chance `behind`, with one of their `devices` with
    chance `alike`, and takes a prompt from their `prompts` common ones with chance `common`. Of the
    other prompts a share `repeated` is the voter's one before, and a share `popular` is asked by
    many. A device that is not of the group is any, and those of the group are any, too.
    """

    together: int = 1
    networks: int = 1
    behind: float = 0.0
    devices: int = 1
    alike: float = 0.0
    prompts: int = 1
    common: float = 0.0
    repeated: float = 0.1
    popular: float = 0.15
    session: int = 8
    days_between: float = 2.0
    hurried: float = 0.05
    spread: float = 0.7
    awake: bool = True
    passes: float = 0.3


@dataclass(frozen=True, slots=True)
class Trail:
    """What the site sees of votes beside models and outcomes, shape (voters, votes) each.

    `at` is when the vote was cast, in seconds; `reading` the seconds from the end of the answers
    until then, negative for a vote before their end; `length` the tokens of both answers;
    `prompt`, `network` and `device` number what is the same.
    """

    at: Floats
    reading: Floats
    length: Floats
    prompt: Indices
    network: Indices
    device: Indices


def leave_trail(behaviour: Behaviour, voters: int, votes: int, rng: np.random.Generator) -> Trail:
    """The trail of voters of one kind."""
    shape = (voters, votes)
    group = np.arange(voters) // behaviour.together
    length = rng.lognormal(np.log(500), 0.6, shape)
    pace = rng.lognormal(0.0, 0.4, (voters, 1))  # some read fast, some slowly
    reads = pace * length / READS * rng.lognormal(0.0, behaviour.spread, shape)
    blind = rng.lognormal(np.log(2.0), behaviour.spread, shape)
    reading = np.where(rng.random(shape) < behaviour.hurried, blind, reads)
    return Trail(
        at=_times(behaviour, group, reading, rng),
        reading=reading,
        length=length,
        prompt=_prompts(behaviour, group, shape, rng),
        network=_networks(behaviour, group, shape, rng),
        device=_devices(behaviour, group, shape, rng),
    )


def _times(
    behaviour: Behaviour, group: Indices, reading: Floats, rng: np.random.Generator
) -> Floats:
    """Sessions on days of their own, by day unless the voter never sleeps."""
    voters, votes = reading.shape
    first = rng.uniform(0, 30, int(group[-1]) + 1)[group][:, None]
    sessions = -(-votes // behaviour.session)
    apart = rng.exponential(behaviour.days_between, (voters, sessions))
    apart[:, 0] = rng.uniform(0, 1, voters)
    hour = np.clip(rng.normal(15, 3.5, apart.shape), 7, 23) / 24
    start = np.floor(first + np.cumsum(apart, axis=1)) + hour
    if not behaviour.awake:
        start = first + np.cumsum(apart, axis=1)
    took = reading + 30 * rng.lognormal(0.0, behaviour.spread, reading.shape)
    total = np.cumsum(took, axis=1)
    session = np.arange(votes) // behaviour.session
    before = total[:, session * behaviour.session] - took[:, session * behaviour.session]
    at: Floats = start[:, session] * DAY + total - before
    return np.maximum.accumulate(at, axis=1)


def _prompts(
    behaviour: Behaviour, group: Indices, shape: tuple[int, int], rng: np.random.Generator
) -> Indices:
    own = _OWN_IDS + np.arange(shape[0] * shape[1]).reshape(shape)
    many = np.minimum(rng.zipf(1.3, shape), POPULAR)
    prompt = np.where(rng.random(shape) < behaviour.popular, many, own)
    of_group = _GROUP_IDS + group[:, None] * behaviour.prompts
    common = of_group + rng.integers(0, behaviour.prompts, shape)
    prompt = np.where(rng.random(shape) < behaviour.common, common, prompt)
    again = rng.random(shape) < behaviour.repeated
    for step in range(1, shape[1]):
        prompt[:, step] = np.where(again[:, step], prompt[:, step - 1], prompt[:, step])
    return prompt.astype(np.intp)


def _networks(
    behaviour: Behaviour, group: Indices, shape: tuple[int, int], rng: np.random.Generator
) -> Indices:
    own = _OWN_IDS + np.arange(shape[0])
    common = _GROUP_IDS + group * behaviour.networks + rng.integers(0, behaviour.networks, shape[0])
    network = np.where(rng.random(shape[0]) < behaviour.behind, common, own)
    return np.repeat(network[:, None], shape[1], axis=1).astype(np.intp)


def _devices(
    behaviour: Behaviour, group: Indices, shape: tuple[int, int], rng: np.random.Generator
) -> Indices:
    share = KINDS / KINDS.sum()
    common = rng.choice(len(KINDS), (int(group[-1]) + 1, behaviour.devices), p=share)
    of_group = common[group, rng.integers(0, behaviour.devices, shape[0])]
    own = rng.choice(len(KINDS), shape[0], p=share)
    device = np.where(rng.random(shape[0]) < behaviour.alike, of_group, own)
    return np.repeat(device[:, None], shape[1], axis=1)
