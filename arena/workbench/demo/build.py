"""Fills an empty site with weeks of simulated life, through the site's own services.

The clock is moved through the weeks, so services record times in them.
"""

import io
import uuid
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from typing import Protocol

import numpy as np
from django.contrib.auth.models import Group
from django.utils import timezone
from PIL import Image, ImageDraw

from arena.battles.gold.profiles import fit_style_profiles
from arena.battles.models import Battle, Report
from arena.battles.prompts.images import checked
from arena.battles.reading import conversations
from arena.contestants.models import Contestant
from arena.exports.services import publish_export
from arena.integrity.collusion import rings, targets
from arena.integrity.models import Signal
from arena.integrity.weighing import weigh_and_hold
from arena.leaderboards.boards import OVERALL, register_boards
from arena.leaderboards.fitting import refit_changed
from arena.leaderboards.models import Board
from arena.leaderboards.publishing import publish
from arena.leaderboards.tasks import publish_snapshots
from arena.moderation.cases.opening import open_case
from arena.moderation.cases.simulated import open_simulated
from arena.moderation.models import Appeal, Case
from arena.moderation.quality.simulate import simulate_voter
from arena.moderation.roles import Role
from arena.moderation.sweep import signals_without_case
from arena.voters.models import Voter
from arena.voters.services import claim_guest_on_login
from arena.workbench.accounts import account, add_second_factor, operator
from arena.workbench.demo.clock import movable_clock, travel
from arena.workbench.demo.life import Event, Life
from arena.workbench.demo.plan import (
    MEMBER,
    MODERATOR,
    OPERATOR,
    SECOND,
    SENIOR,
    Plan,
)
from arena.workbench.demo.population import contestants, models, voters
from arena.workbench.demo.population.moderators import Desk
from arena.workbench.demo.queue import nothing_enqueued

WEEK = 7
REFIT_SECONDS = 600.0
SIMULATIONS_A_DAY = 4
COMMENTS = {
    Report.Reason.PERSONAL: "The prompt names a neighbour of mine.",
    Report.Reason.UNLAWFUL: "One answer explains how to pick a lock.",
    Report.Reason.HATEFUL: "Answer B makes fun of a whole people.",
    Report.Reason.SEXUAL: "",
    Report.Reason.OTHER: "This is an advertisement, not a question.",
}


class HasRealVotesError(Exception):
    """The site has battles that this builder did not make."""


class Lives(Protocol):
    """What plays battles: one `Life`, or several in a `Crew`."""

    def live(self, events: list[Event]) -> None: ...


class Builder:
    """One simulated site in the making.

    Args:
        lives: makes what plays the battles of these players and this crowd.
        say: called with each message on the progress.
        crowd: everybody who votes; None: as the plan says.
    """

    def __init__(
        self,
        plan: Plan,
        base_url: str,
        lives: Callable[[dict[str, models.Player], list[voters.Person]], Lives],
        say: Callable[[str], object],
        *,
        crowd: list[voters.Person] | None = None,
    ) -> None:
        self._plan = plan
        self._url = base_url
        self._say = say
        self._rng = np.random.default_rng(plan.seed)
        self._first = timezone.now().date() - timedelta(days=plan.days)
        self._players = models.players(plan.contestants)
        self._crowd = crowd or voters.crowd(plan, self._players, self._rng)
        self._lives = lives
        self._own = Life(self._players, self._crowd, plan.seed)

    def build(self) -> None:
        """Fill the site.

        Raises:
            HasRealVotesError: it is not empty.
        """
        if Battle.objects.exists():
            raise HasRealVotesError("This site has battles: a simulated one begins empty.")
        with nothing_enqueued(), movable_clock():
            self._build()

    def _build(self) -> None:
        with self._at(0, 0.5):
            for player in self._players.values():
                if player.slug != models.NEWCOMER:
                    contestants.enter(player, self._url)
            register_boards()
            self._enter_voters()
            desk = self._staff()
        steps = desk.steps()
        life = self._lives(self._players, self._crowd)
        days = self._days()
        for day, events in enumerate(days):
            with self._at(day, 6):
                self._news(day)
            life.live(events)
            with self._at(day, 23.5):
                self._end_day(day)
            if day >= self._plan.days // 2:
                with self._at(day, 23.8):
                    steps = [step for step in steps if not step()]
            self._say(
                f"Day {day + 1} of {self._plan.days}: {Battle.objects.count():,} battles, "
                f"{Case.objects.count()} cases"
            )
        with self._at(self._plan.days - 1, 23.9):
            for last in desk.last_steps():
                last()
            self._publish()
        self._say_cases()

    def _say_cases(self) -> None:
        """Print how many cases of each kind wait, are decided and were appealed."""
        real = Case.objects.filter(simulation=None)
        kinds = {kind: real.filter(kind=kind) for kind in (*Signal.Kind.values, Case.CONTENT)}
        kinds["quality check"] = Case.objects.exclude(simulation=None)
        for kind, cases in kinds.items():
            decided = cases.filter(state__in=[Case.State.DECIDED, Case.State.SNOOZED])
            self._say(
                f"Cases, {kind}: {cases.difference(decided).count()} wait, "
                f"{decided.count()} are decided, "
                f"{Appeal.objects.filter(decision__case__in=cases).count()} appeals"
            )

    def _days(self) -> list[list[Event]]:
        """Every battle that is opened, by day, in order."""
        midnight = datetime.combine(self._first, datetime.min.time(), UTC).timestamp()
        days: list[list[Event]] = [[] for _ in range(self._plan.days)]
        for number, person in enumerate(self._crowd):
            for at in person.times(self._plan.days, self._rng):
                if at < self._plan.days:
                    days[int(at)].append((midnight + 86_400 * at, number))
        return [sorted(day) for day in days]

    def _at(self, day: int, hour: float) -> AbstractContextManager[None]:
        midnight = datetime.combine(self._first, datetime.min.time(), UTC)
        return travel(midnight + timedelta(days=day, hours=hour))

    def _enter_voters(self) -> None:
        """Everybody in the crowd becomes a voter; two of them are members."""
        self._crowd[min(3, self._plan.voters - 1)].member = MEMBER
        Voter.objects.bulk_create(
            Voter(pk=person.voter_id, publishes=person.publishes) for person in self._crowd
        )
        for person in self._crowd:
            if person.member:
                claim_guest_on_login(account(person.member), person.voter_id)

    def _staff(self) -> Desk:
        """Three moderators, and an operator for the admin; all with the same second factor."""
        operator(OPERATOR)
        desk = Desk(account(MODERATOR), account(SECOND), account(SENIOR))
        desk.moderator.groups.add(Group.objects.get(name=Role.MODERATOR))
        for member in (desk.second, desk.senior):
            member.groups.add(Group.objects.get(name=Role.SENIOR))
        for member in (desk.moderator, desk.second, desk.senior):
            add_second_factor(member)
        return desk

    def _news(self, day: int) -> None:
        """Events that happen once: a newcomer, a retirement, prompts with an image, reports."""
        days = self._plan.days
        if day == days * 2 // 3:
            contestants.enter(
                self._players[models.NEWCOMER], self._url, Contestant.State.PROVISIONAL
            )
        if day == days * 3 // 4:
            contestants.retire(models.RETIRED, "Its maker switched it off.")
        if day >= days // 2 and day % 2:
            self._report(day)
        if day % WEEK == WEEK // 2:
            member = next(n for n, person in enumerate(self._crowd) if person.member == MEMBER)
            self._own.battle(member, timezone.now(), checked(_chart(), alt="A bar chart"))

    def _report(self, day: int) -> None:
        """Somebody reports a public conversation, each time for another reason."""
        reasons = list(COMMENTS)
        reason = reasons[day // 2 % len(reasons)]
        found = conversations.visible().filter(battle__case=None).order_by("-pk").first()
        if found is not None:
            voter = self._crowd[day % self._plan.voters].voter_id
            conversations.report(found, reason, voter_id=voter, comment=COMMENTS[reason])

    def _end_day(self, day: int) -> None:
        """Do what the periodic tasks of a day would do, as far as it shows later."""
        self._check(rings.hold_rings() | targets.hold_shared_target_voters())
        for signal in signals_without_case():
            open_case(signal)
        publish(Board.objects.get(slug=OVERALL))
        if day % WEEK == WEEK - 1 and day < self._plan.days - 1:
            fit_style_profiles()
            self._publish()
        if day > self._plan.days // 3:
            # Beat tries oftener, too: not every voter that is simulated would be suspected.
            any(simulate_voter(timezone.now(), self._rng) for _ in range(SIMULATIONS_A_DAY))
            open_simulated(timezone.now())

    def _publish(self) -> None:
        """Every board, and an export of all votes."""
        refit_changed(seconds=REFIT_SECONDS)
        publish_snapshots()
        publish_export()

    def _check(self, voter_ids: Iterable[uuid.UUID]) -> None:
        for voter_id in voter_ids:
            weigh_and_hold(voter_id)


def _chart() -> bytes:
    """A bar chart as a PNG."""
    picture = Image.new("RGB", (320, 200), "white")
    draw = ImageDraw.Draw(picture)
    for number in range(5):
        left, top = 30 + 55 * number, 150 - 25 * number
        draw.rectangle((left, top, left + 35, 180), "#0f7a86")
    file = io.BytesIO()
    picture.save(file, "PNG")
    return file.getvalue()
