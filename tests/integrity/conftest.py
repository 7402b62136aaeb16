"""A board that many honest votes made, and votes in battles of their own."""

import itertools
import math
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.utils import timezone

from arena.battles.models import GoldBattle, KnownPrompt, Vote
from arena.battles.voting.cast import cast_vote
from arena.contestants.models import Contestant
from arena.integrity.board import forget_board
from arena.leaderboards.boards import register_boards
from arena.leaderboards.models import Board, Outcome, PairTotal, Window
from arena.text.style import AnswerStyle
from arena.voters.models import Voter
from ratings.engine import GRID
from tests.factories import Registered, make_battle

STRENGTHS = {"best": 1.0, "good": 0.5, "middle": 0.0, "poor": -0.5, "worst": -1.0}
Cast = Callable[[Voter, Contestant, Contestant, Outcome], Vote]


@pytest.fixture
def pool(contestant: Registered) -> list[Contestant]:
    """Five contestants on a board that many honest votes made."""
    return make_pool(contestant)


def make_pool(contestant: Registered) -> list[Contestant]:
    forget_board()
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
    shown = timezone.now() - timedelta(seconds=read)
    battle = make_battle(
        a,
        b,
        voter=voter,
        state="open",
        prompts=[prompt],
        repeats=repeats,
        language="en",
        answers=("a", "b"),
        styles=(AnswerStyle(50, 0, 0, 0), AnswerStyle(50, 0, 0, 0)),
        finished_at=shown,
        shown_at=shown,
    )
    cast_vote(voter.pk, battle.pk, outcome)
    return battle.vote


def cast_in_check(
    voter: Voter,
    side: str,
    outcome: Outcome,
    *,
    contestant: Contestant,
    target: Contestant | None = None,
) -> Vote:
    """A vote on a gold question: one side is damaged, or imitates the style of a target."""
    shown = timezone.now() - timedelta(minutes=1)
    kind = GoldBattle.Kind.DAMAGED if side else GoldBattle.Kind.SAME
    if target:
        kind = GoldBattle.Kind.DECOY
    battle = make_battle(
        contestant,
        contestant,
        voter=voter,
        state="open",
        gold=GoldBattle(kind=kind, side=side, target=target),
        language="en",
        finished_at=shown,
        shown_at=shown,
    )
    cast_vote(voter.pk, battle.pk, outcome)
    return battle.vote
