"""Votes to export, cast at chosen moments."""

import itertools
from datetime import UTC, datetime, timedelta

from arena.battles.models import Vote
from arena.contestants.models import Contestant
from arena.leaderboards.boards import register_boards
from arena.leaderboards.models import Outcome
from arena.text.style import AnswerStyle
from arena.voters.models import Voter
from tests.factories import make_battle

DAY = datetime(2026, 3, 10, 12, tzinfo=UTC)
OUTCOMES = itertools.cycle(["a", "a", "b", "tie", "both_bad"])


def cast(
    voter: Voter,
    pair: tuple[Contestant, Contestant],
    *,
    at: datetime = DAY,
    outcome: str = "a",
    prompts: tuple[str, ...] = ("Why?",),
    language: str = "en",
    topics: tuple[str, ...] = (),
    standing: str = "counted",
    may_publish: bool = False,
) -> Vote:
    """A vote as the arena would have taken it at some moment, in its counts if it counts."""
    battle = make_battle(
        *pair,
        voter=voter,
        prompts=prompts,
        language=language,
        topics=topics,
        answers=("Answer a to {prompt}", "Answer b to {prompt}"),
        styles=(AnswerStyle(60, 0, 0, 1), AnswerStyle(30, 0, 0, 1)),
        finished_at=at,
        shown_at=at,
        may_publish=may_publish,
        outcome=outcome,
        cast_at=at,
        standings=[standing],
        on_boards=True,
    )
    return battle.vote


def cast_many(
    models: list[Contestant], voters: list[Voter], *, days: int = 3, rounds: int = 2
) -> None:
    """Votes of every voter on every pair, over some days."""
    register_boards()
    places = itertools.count()
    for _, voter, pair in itertools.product(
        range(rounds), voters, itertools.combinations(models, 2)
    ):
        place = next(places)
        cast(
            voter,
            pair if place % 2 else pair[::-1],
            at=DAY + timedelta(days=place % days, minutes=place),
            outcome=Outcome(next(OUTCOMES)),
            language="de" if place % 3 == 0 else "en",
            topics=("code",) if place % 4 == 0 else (),
            prompts=("Why?", "And then?") if place % 5 == 0 else ("Why?",),
            standing="held" if place % 11 == 0 else "excluded" if place % 13 == 0 else "counted",
        )
