"""Fills an empty site with weeks of simulated life, through the site's own services.

The clock runs through the weeks: what a service writes down as now is a moment of them.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import time_machine
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.models import Group
from django.db import transaction
from django.utils import timezone

from arena.battles import services as battles
from arena.battles.models import Answer, Battle
from arena.contestants.provider import Finished
from arena.exports.services import publish_export
from arena.integrity import groups, targets
from arena.integrity import services as integrity
from arena.moderation import services as moderation
from arena.moderation.models import Case, Decision
from arena.moderation.roles import Role
from arena.moderation.selectors import reports_without_case, signals_without_case
from arena.voters.models import Member
from arena.workbench.demo import cast, people, texts
from arena.workbench.demo.cast import Player
from arena.workbench.demo.people import Person
from arena.workbench.demo.plan import MODERATORS, PASSWORD, TOTP_SECRET, Plan
from ratings import services as ratings
from ratings.models import Outcome
from ratings.selectors import boards
from ratings.tasks import publish_snapshots


class HasRealVotesError(Exception):
    """The site has battles that this builder did not make."""


class Builder:
    """One simulated site in the making.

    Args:
        say: called with each message on the progress.
    """

    def __init__(self, plan: Plan, base_url: str, say: Callable[[str], None]) -> None:
        self._plan = plan
        self._url = base_url
        self._say = say
        self._rng = np.random.default_rng(plan.seed)
        self._began = timezone.now() - timedelta(days=plan.days)
        self._players: dict[int, Player] = {}

    def build(self) -> None:
        """Fill the site.

        Raises:
            HasRealVotesError: it is not empty.
        """
        if Battle.objects.exists():
            raise HasRealVotesError("This site has battles: a simulated one begins empty.")
        with time_machine.travel(self._began - timedelta(hours=1), tick=True):
            self._players = {each.contestant.pk: each for each in cast.enter(self._url)}
            ratings.register_boards()
            crowd = self._crowd()
            staff = self._staff()
        shares = np.array([person.busy for person in crowd])
        shares /= shares.sum()
        per_day = np.full(self._plan.days, self._plan.votes // self._plan.days)
        for day, votes in enumerate(per_day):
            self._live_a_day(day, int(votes), crowd, shares)
            with self._at(day, 23.5):
                self._end_day(day, crowd)
            if day > self._plan.days // 2 and day % 3 == 0:
                with self._at(day, 23.8):
                    self._moderate(staff)
            self._say(f"Day {day + 1} of {self._plan.days}: {Battle.objects.count():,} battles")

    def _at(self, day: int, hour: float) -> time_machine.travel:
        midnight = datetime.combine(self._began.date(), datetime.min.time(), UTC)
        moment = midnight + timedelta(days=day, hours=hour)
        return time_machine.travel(min(moment, timezone.now()), tick=True)

    def _crowd(self) -> list[Person]:
        ids = list(self._players)
        crowd = people.honest(self._plan.voters, ids, self._rng)
        middle = ids[len(ids) // 2]
        crowd += people.riggers(self._plan.ring, middle, self._rng)
        for target in self._rng.choice(ids[: len(ids) // 2], self._plan.lone_riggers):
            [rigger] = people.riggers(1, int(target), self._rng)
            rigger.busy = 0.3
            crowd.append(rigger)
        return crowd

    def _staff(self) -> list[Member]:
        staff = []
        for name in MODERATORS:
            member = Member.objects.create_user(name, f"{name}@example.org", PASSWORD)
            member.groups.add(Group.objects.get(name=Role.MODERATOR))
            TOTP.activate(member, TOTP_SECRET)
            staff.append(member)
        return staff

    def _live_a_day(self, day: int, votes: int, crowd: list[Person], shares: np.ndarray) -> None:
        for hour in np.sort(self._rng.uniform(7, 23, votes)):
            person = crowd[int(self._rng.choice(len(crowd), p=shares))]
            with self._at(day, float(hour)):
                self._battle(person)

    @transaction.atomic
    def _battle(self, person: Person) -> None:
        """One battle from the prompt to the vote."""
        asked, language = texts.prompt(self._rng)
        battle = battles.open_battle(person.voter, asked)
        battles.note_origin(battle, network=person.network, device=person.browser)
        for answer in Answer.objects.filter(turn__battle=battle):
            claim = battles.claim_answer(answer.pk)
            if claim is None:
                raise RuntimeError(f"No endpoint can be asked for answer {answer.pk}.")
            side_a = answer.side == "a"
            player = self._players[battle.contestant_a_id if side_a else battle.contestant_b_id]
            text = texts.answer(language, player.length, formatted=player.formatted, rng=self._rng)
            seconds = float(self._rng.uniform(1, 6))
            battles.complete_answer(
                claim, text, Finished("stop", len(asked) // 4, len(text) // 4, 0.4, seconds)
            )
        reading = float(self._rng.lognormal(3.0, 0.6))
        with time_machine.travel(timezone.now() + timedelta(seconds=70 + reading), tick=False):
            a, b = battle.contestant_a_id, battle.contestant_b_id
            difference = self._players[a].strength - self._players[b].strength
            outcome = person.outcome(a, b, difference, self._rng)
            battles.cast_vote(person.voter.pk, battle.pk, Outcome(outcome))

    def _end_day(self, day: int, crowd: list[Person]) -> None:
        """What the workers and the clock do over a day."""
        for person in crowd:
            integrity.check_voter(person.voter.pk)
        for voter_id in groups.hold_groups() | targets.hold_riggers():
            integrity.check_voter(voter_id)
        for signal in signals_without_case():
            moderation.open_case(signal)
        for report in reports_without_case():
            moderation.take_report(report)
        for board in boards():
            ratings.refit(board)
        publish_snapshots(overall_only=day % 7 != 6)
        if day % 7 == 6:
            publish_export()

    def _moderate(self, staff: list[Member]) -> None:
        """Some of the cases are decided, one of them is appealed; the others wait."""
        waiting = Case.objects.filter(state=Case.State.OPEN, battle=None).order_by("opened_at")
        for case in waiting[:2]:
            moderation.claim(case.pk, staff[0])
            decision = moderation.decide(
                case.pk,
                Decision.Kind.EXCLUDE if case.log_e else Decision.Kind.DISMISS,
                staff[0],
                reason="Votes for one model in nearly all of its battles.",
                message="Your votes favour one model far beyond what honest voters do.",
            )
            moderation.apply_decision(decision.pk)
            if Decision.objects.count() % 3 == 1 and decision.kind == Decision.Kind.EXCLUDE:
                voter = case.voters.earliest("pk")
                moderation.appeal(voter.pk, decision.pk, "I simply like how this model writes.")
