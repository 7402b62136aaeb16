"""Votes to export, cast at chosen moments."""

import itertools
from datetime import UTC, datetime, timedelta

from arena.battles import conversations, services
from arena.battles.models import Answer, Battle, Turn, Vote, VoteStanding
from arena.contestants.models import Contestant
from arena.voters.models import Voter
from ratings.models import Outcome
from ratings.services import register_boards
from tests.factories import enter

DAY = datetime(2026, 3, 10, 12, tzinfo=UTC)
OUTCOMES = itertools.cycle(["a", "a", "b", "tie", "both_bad"])


def contestants(number: int) -> list[Contestant]:
    return enter(
        [
            Contestant(
                slug=f"model-{place}",
                name=f"Model {place}",
                organisation="A maker",
                licence="Apache-2.0",
                description="For a test.",
                state=Contestant.State.ACTIVE,
            )
            for place in range(number)
        ]
    )


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
    battle = Battle.objects.create(
        voter=voter,
        contestant_a=pair[0],
        contestant_b=pair[1],
        state=Battle.State.OPEN,
        finished_at=at,
        shown_at=at,
        may_publish=may_publish,
    )
    for number, prompt in enumerate(prompts, start=1):
        turn = Turn.objects.create(
            battle=battle, number=number, prompt=prompt, language=language, topics=list(topics)
        )
        Answer.objects.bulk_create(
            Answer(
                turn=turn,
                side=side,
                state=Answer.State.COMPLETE,
                text=f"Answer {side} to {prompt}",
                queued_at=at,
                style_tokens=tokens,
                style_bold=number,
            )
            for side, tokens in (("a", 60), ("b", 30))
        )
    vote = Vote.objects.create(battle=battle, voter=voter, outcome=outcome, cast_at=at)
    battle.state = Battle.State.VOTED
    battle.save()
    conversations.publish(battle)
    VoteStanding.objects.create(
        vote=vote,
        standing=standing,
        code="" if standing == "counted" else "review",
        reason="For a test.",
    )
    if standing == "counted":
        services.count_vote(vote)
    return vote


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
