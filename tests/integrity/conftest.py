"""A board that many honest votes made, and votes in battles of their own."""

import itertools
import math
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from arena.battles import services as battles
from arena.battles.models import Answer, Battle, Canary, KnownPrompt, Turn, Vote
from arena.contestants.models import Contestant
from arena.integrity import selectors
from arena.voters.models import Voter
from ratings.core import GRID
from ratings.models import Board, Outcome, PairTotal, Window
from ratings.services import register_boards
from tests.factories import Registered

STRENGTHS = {"best": 1.0, "good": 0.5, "middle": 0.0, "poor": -0.5, "worst": -1.0}
Cast = Callable[[Voter, Contestant, Contestant, Outcome], Vote]


@pytest.fixture
def pool(contestant: Registered) -> list[Contestant]:
    """Five contestants on a board that many honest votes made."""
    return make_pool(contestant)


def make_pool(contestant: Registered) -> list[Contestant]:
    selectors.forget_board()
    register_boards()
    made = [contestant(name) for name in STRENGTHS]
    board = Board.objects.get(slug="overall")
    rows = []
    for first, second in itertools.combinations(made, 2):
        p = 1 / (1 + math.exp(STRENGTHS[second.slug] - STRENGTHS[first.slug]))
        counts = {"first_wins": round(1600 * p), "second_wins": round(1600 * (1 - p)), "ties": 400}
        rows += [
            PairTotal(
                board=board,
                first=first,
                second=second,
                window=window,
                cells=[0] * 3 * GRID.cells,
                sums=[0] * GRID.ranges,
                **counts,
            )
            for window in Window.values
        ]
    PairTotal.objects.bulk_create(rows)
    return made


@pytest.fixture
def cast() -> Cast:
    """Casts one vote in a battle of its own, a minute after its answers were shown."""
    return cast_one


def cast_one(
    voter: Voter,
    a: Contestant,
    b: Contestant,
    outcome: Outcome,
    *,
    read: float = 60.0,
    prompt: str = "Why?",
    repeats: KnownPrompt | None = None,
) -> Vote:
    """A vote on one prompt, so many seconds after its answers were shown."""
    now = timezone.now()
    shown = now - timedelta(seconds=read)
    battle = Battle.objects.create(
        voter=voter,
        contestant_a=a,
        contestant_b=b,
        state=Battle.State.OPEN,
        finished_at=shown,
        shown_at=shown,
    )
    turn = Turn.objects.create(
        battle=battle, prompt=prompt, repeats=repeats, language="en", topics=[]
    )
    Answer.objects.bulk_create(
        Answer(turn=turn, side=side, state="complete", text=side, queued_at=now, style_tokens=50)
        for side in ("a", "b")
    )
    battles.cast_vote(voter.pk, battle.pk, outcome)
    return battle.vote


def cast_in_check(
    voter: Voter,
    side: str,
    outcome: Outcome,
    *,
    contestant: Contestant,
    target: Contestant | None = None,
) -> Vote:
    """A vote in a check battle whose named side is damaged, or wears the manner of a target."""
    now = timezone.now()
    shown = now - timedelta(minutes=1)
    battle = Battle.objects.create(
        voter=voter,
        contestant_a=contestant,
        contestant_b=contestant,
        is_check=True,
        state=Battle.State.OPEN,
        finished_at=shown,
        shown_at=shown,
    )
    kind = Canary.Kind.DAMAGED if side else Canary.Kind.SAME
    if target:
        kind = Canary.Kind.DECOY
    Canary.objects.create(battle=battle, kind=kind, side=side, target=target)
    turn = Turn.objects.create(battle=battle, prompt="Why?", language="en", topics=[])
    Answer.objects.bulk_create(
        Answer(turn=turn, side=each, state="complete", text=each, queued_at=now) for each in "ab"
    )
    battles.cast_vote(voter.pk, battle.pk, outcome)
    return battle.vote
