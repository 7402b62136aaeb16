"""Battles of the simulated site, from the prompt to the vote, through the site's own services."""

from datetime import UTC, datetime, timedelta

import numpy as np
import time_machine

from arena.battles.generation.claiming import claim_answer
from arena.battles.generation.results import complete_answer
from arena.battles.models import Answer, Battle
from arena.battles.opening import Request, names_of_origin, open_battle
from arena.battles.prompts.images import NewImage
from arena.battles.turns import continue_battle
from arena.battles.voting.cast import ReportedAttention, cast_vote
from arena.contestants.calls.budget import Outcome as CallOutcome
from arena.contestants.calls.budget import end_call
from arena.contestants.models import Contestant
from arena.contestants.provider import Finished
from arena.integrity.board import forget_board
from arena.integrity.weighing import weigh_and_hold
from arena.leaderboards.models import Outcome
from arena.voters.models import Voter
from arena.voters.origin.network import DayKeys
from arena.workbench.demo import texts
from arena.workbench.demo.clock import travel
from arena.workbench.demo.population.models import Player
from arena.workbench.demo.population.voters import Asks, Person
from arena.workbench.demo.texts import Asked

OWN_QUESTIONS = 4  # of somebody who asks the same again and again
REPORTING = 0.85  # share of votes with which the page reports how the answers were read

ABOUT_AN_IMAGE = Asked("What does this chart show, and what is missing?", "en", texts.OF_AN_IMAGE)

Event = tuple[float, int]
"""When somebody opens a battle, in seconds since 1970, and who: a place in the crowd."""


class Life:
    """What the crowd does, day by day."""

    def __init__(self, players: dict[str, Player], crowd: list[Person], seed: int) -> None:
        self._players = players
        self._crowd = crowd
        self._rng = np.random.default_rng(seed)
        self._slugs: dict[int, str] = {}
        self._questions: dict[int, list[Asked]] = {}

    def live(self, events: list[Event]) -> None:
        """Play these battles and weigh their votes, as the workers do over the day."""
        if not events:
            return
        forget_board()
        with travel(datetime.fromtimestamp(events[0][0], UTC)):
            for at, number in events:
                self.battle(number, datetime.fromtimestamp(at, UTC))
        with travel(datetime.fromtimestamp(events[-1][0], UTC)):
            for number in sorted({number for _, number in events}):
                weigh_and_hold(self._crowd[number].voter_id)

    def battle(self, number: int, at: datetime, image: NewImage | None = None) -> None:
        """Open a battle for somebody at a time, perhaps about an image, and vote in it."""
        person = self._crowd[number]
        with time_machine.travel(at, tick=True) as clock:
            if person.asks is Asks.PROBES and self._rng.random() < 0.5:
                probe = Asked(
                    str(self._rng.choice(texts.PROBES)), "en", ["I would rather not say."]
                )
                self._answered(person, probe)
                clock.shift(timedelta(minutes=3))
            asked = self._asked(number) if image is None else ABOUT_AN_IMAGE
            battle, ready_at = self._answered(person, asked, image)
            a, b = self._slug(battle.contestant_a_id), self._slug(battle.contestant_b_id)
            if person.leaves_undecided(a, b, self._rng):
                return
            if image is None and not person.name and self._rng.random() < texts.FOLLOW_UP_SHARE:
                clock.move_to(ready_at + timedelta(seconds=15))
                ready_at = self._continued(person, battle, asked)
            reading = person.reading * float(self._rng.lognormal(0, 0.5))
            if person.pace == "clock":
                ready_at, reading = at + timedelta(seconds=75), 0.0
            clock.move_to(ready_at + timedelta(seconds=reading))
            outcome = person.outcome(self._players[a], self._players[b], self._rng)
            reported = self._reported(person, reading)
            cast_vote(person.voter_id, battle.pk, Outcome(outcome), reported)

    def _answered(
        self, person: Person, asked: Asked, image: NewImage | None = None
    ) -> tuple[Battle, datetime]:
        """A new battle with both answers, and when they are shown whole."""
        network, client_signature = names_of_origin(DayKeys(), person.network, person.browser)
        origin = Request(network=network, client_signature=client_signature)
        battle = open_battle(Voter(pk=person.voter_id), asked.prompt, image=image, request=origin)
        return battle, self._answer(battle, asked)

    def _continued(self, person: Person, battle: Battle, asked: Asked) -> datetime:
        further, sentences = texts.follow_up(asked, self._rng)
        continue_battle(person.voter_id, battle.pk, further.prompt)
        return self._answer(battle, further, most=sentences)

    def _answer(self, battle: Battle, asked: Asked, *, most: int = 9) -> datetime:
        """Write the answers that a battle waits for, as its workers do."""
        waiting = Answer.objects.filter(turn__battle=battle, state=Answer.State.PENDING)
        for answer_id in waiting.order_by("side").values_list("pk", flat=True):
            claim = claim_answer(answer_id)
            if claim is None:
                raise RuntimeError(f"No endpoint can be asked for answer {answer_id}.")
            on_a = claim.side == "a"
            slug = self._slug(battle.contestant_a_id if on_a else battle.contestant_b_id)
            text = texts.answer(asked, self._players[slug].voice, self._rng, most=most)
            if claim.transform:
                text = claim.transform.feed(text) + claim.transform.end()
            seconds = float(self._rng.uniform(1, 6))
            finished = Finished("stop", len(asked.prompt) // 4, len(text) // 4, 0.4, seconds)
            end_call(claim.call, CallOutcome(finished, None, len(text.encode())))
            complete_answer(claim, text, finished)
        shown_at = Battle.objects.values_list("shown_at", flat=True).get(pk=battle.pk)
        if shown_at is None:
            raise RuntimeError(f"Battle {battle.pk} is not open after its answers.")
        return shown_at

    def _asked(self, number: int) -> Asked:
        """What somebody asks next."""
        person = self._crowd[number]
        match person.asks:
            case Asks.SHARED:
                return Asked(str(self._rng.choice(texts.SHARED)), "en", texts.SHRUGS)
            case Asks.AGAIN:
                known = self._questions.setdefault(number, [])
                if len(known) < OWN_QUESTIONS:
                    known.append(texts.ask(person.language, self._rng))
                    return known[-1]
                return known[int(self._rng.integers(OWN_QUESTIONS))]
            case Asks.WORD:
                asked = texts.ask(person.language, self._rng)
                return Asked(f"{asked.prompt} {texts.RARE_WORD}", "en", asked.says)
            case _:
                return texts.ask(person.language, self._rng)

    def _slug(self, contestant_id: int) -> str:
        if contestant_id not in self._slugs:
            self._slugs = dict(Contestant.objects.values_list("pk", "slug"))
        return self._slugs[contestant_id]

    def _reported(self, person: Person, reading: float) -> ReportedAttention | None:
        """What the voter's page reports of how the answers were read."""
        if person.sees_ends and self._rng.random() > REPORTING:
            return None
        seen = int(1000 * reading)
        return ReportedAttention(
            input="key" if self._rng.random() < 0.3 else "button",
            visible_a_ms=seen + 9000,
            visible_b_ms=seen + 8000,
            end_seen_a=person.sees_ends,
            end_seen_b=person.sees_ends,
            hidden_ms=0,
            decided_ms=seen,
        )
