"""How simulated voters see models, and honest voters of many kinds."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from scipy.special import expit

from arena.integrity.simulator.voters.behaviour import Behaviour
from arena.integrity.simulator.world import Outcomes, World, draw_outcomes
from arena.integrity.statistics.prediction import Floats, Indices

ORDINARY = Behaviour()


@dataclass(slots=True)
class Crowd:
    """Voters of one kind, and how each of them sees the models.

    An honest vote has log-odds `contrast` times the true difference plus the difference of `taste`,
    shape (voters, models); a share `lapse` of the votes is cast without looking. `ties` gives the
    probability of a tie, shape (voters,), from that difference, a and b; without it, a tie is
    likelier between equals.
    """

    world: World
    voters: int
    rng: np.random.Generator
    taste: Floats = field(init=False)
    contrast: Floats = field(init=False)
    lapse: float = 0.0
    ties: Callable[[Floats, Indices, Indices], Floats] | None = None

    def __post_init__(self) -> None:
        self.taste = np.zeros((self.voters, self.world.models))
        self.contrast = np.ones(self.voters)

    def honest(self, a: Indices, b: Indices) -> Outcomes:
        voter = np.arange(self.voters)
        difference = self.contrast * (self.world.truth[a] - self.world.truth[b])
        difference += self.taste[voter, a] - self.taste[voter, b]
        tie = None if self.ties is None else self.ties(difference, a, b)
        outcome = draw_outcomes(difference, self.rng, tie)
        blind = self.rng.integers(0, 3, self.voters).astype(np.int8)
        return np.where(self.rng.random(self.voters) < self.lapse, blind, outcome)


def _see_as_all(crowd: Crowd) -> None:
    """Sees what everybody sees."""


def _love_styles(crowd: Crowd) -> None:
    """Two clusters: one likes a style that some models have, the other dislikes it."""
    side = crowd.rng.choice([-1.0, 1.0], (crowd.voters, 1))
    crowd.taste = 0.6 * side * crowd.world.styles


def _see_faintly(crowd: Crowd) -> None:
    """Sees differences fainter, and lapses now and then."""
    crowd.contrast[:] = 0.7
    crowd.lapse = 0.1


def _hurry(crowd: Crowd) -> None:
    """A third of the votes is cast without looking."""
    crowd.lapse = 1 / 3


def _see_sharply(crowd: Crowd) -> None:
    """See differences sharper than the crowd."""
    crowd.contrast[:] = 1.5


def _speak_another_language(crowd: Crowd) -> None:
    """Ask in a language in which the models' strengths differ from the board's."""
    crowd.taste = 0.5 * crowd.rng.standard_normal((crowd.voters, crowd.world.models))


def _specialise(crowd: Crowd) -> None:
    """Know a field in which one model in ten is much better, or much worse, than its rank."""
    special = crowd.rng.random(crowd.taste.shape) < 0.1
    crowd.taste = 1.5 * special * crowd.rng.choice([-1.0, 1.0], crowd.taste.shape)


def _see_next_to_nothing(crowd: Crowd) -> None:
    crowd.contrast[:] = 0.3


def _mostly_guess(crowd: Crowd) -> None:
    """Six votes in ten are cast without looking."""
    crowd.lapse = 0.6


def _love_a_vendor(crowd: Crowd) -> None:
    """Fans who pick the eight or nine models of one vendor in 80% of their battles with equals."""
    vendor = crowd.rng.integers(0, _VENDORS, (crowd.voters, 1))
    crowd.taste = np.log(4) * (np.arange(crowd.world.models) % _VENDORS == vendor)


def _tie(share: float) -> Callable[[Crowd], None]:
    """Call a tie in a share of the votes, whatever the models are."""

    def view(crowd: Crowd) -> None:
        crowd.ties = lambda difference, a, b: np.full(len(a), share)

    return view


def _tie_close_ones(crowd: Crowd) -> None:
    """Call ties between models that look alike, and hardly any other."""
    crowd.ties = lambda difference, a, b: np.where(np.abs(difference) < 0.5, 0.6, 0.03)


def _tie_on_a_topic(crowd: Crowd) -> None:
    """Call ties on three topics in ten, in bursts, whatever the models are."""
    rng, on_topic = crowd.rng, crowd.rng.random(crowd.voters) < 0.3

    def ties(difference: Floats, a: Indices, b: Indices) -> Floats:
        on_topic[:] = np.where(rng.random(len(a)) < 0.2, rng.random(len(a)) < 0.3, on_topic)
        return np.where(on_topic, 0.8, 0.08)

    crowd.ties = ties


def _tie_in_phases(crowd: Crowd) -> None:
    """Hardly ever call ties for a hundred votes or so, and nearly always for as many."""
    rng, phase = crowd.rng, crowd.rng.random(crowd.voters) < 0.5

    def ties(difference: Floats, a: Indices, b: Indices) -> Floats:
        phase[:] ^= rng.random(len(a)) < 0.01
        return np.where(phase, 0.8, 0.03)

    crowd.ties = ties


def _tie_if(good: float) -> Callable[[Crowd], None]:
    """Call a tie where both answers are good (1), or both bad (-1), and else pick one."""

    def view(crowd: Crowd) -> None:
        truth = good * crowd.world.truth
        crowd.ties = lambda difference, a, b: expit(2 * (truth[a] - 1)) * expit(2 * (truth[b] - 1))

    return view


_VENDORS = 12


@dataclass(frozen=True, slots=True)
class Honest:
    """An honest kind: how it sees the models, and how it uses the arena."""

    views: Callable[[Crowd], None]
    behaviour: Behaviour = ORDINARY


HONEST: dict[str, Honest] = {
    "crowd": Honest(_see_as_all),
    "style lovers": Honest(_love_styles),
    "noisy": Honest(_see_faintly),
    "careless": Honest(_hurry, Behaviour(hurried=1 / 3)),
    "experts": Honest(_see_sharply),
    "one language": Honest(_speak_another_language),
    "heavy, in bursts": Honest(_see_as_all, Behaviour(session=60, days_between=0.3, repeated=0.3)),
    "choosy": Honest(_see_as_all, Behaviour(passes=0.7)),
    "offices": Honest(_see_as_all, Behaviour(together=8, behind=0.9, devices=2, alike=0.7)),
    "classes": Honest(
        _see_faintly,
        Behaviour(
            together=25,
            behind=0.8,
            devices=2,
            alike=0.8,
            prompts=10,
            common=0.8,
            session=12,
            hurried=0.2,
        ),
    ),
    "specialists": Honest(_specialise),
    "contrast 0.3": Honest(_see_next_to_nothing),
    "60% random": Honest(_mostly_guess),
    "fans of a vendor": Honest(_love_a_vendor),
    "5% ties": Honest(_tie(0.05)),
    "60% ties": Honest(_tie(0.6)),
    "ties if close": Honest(_tie_close_ones),
    "ties on a topic": Honest(_tie_on_a_topic),
    "ties in phases": Honest(_tie_in_phases),
    "ties if both bad": Honest(_tie_if(-1.0)),
    "ties if both good": Honest(_tie_if(1.0)),
}
