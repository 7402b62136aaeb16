"""Weights of votes: the counts follow them exactly, whatever else happens to votes and voters."""

import random
import threading
from collections import defaultdict
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from django.db import IntegrityError, OperationalError, connection, transaction
from django.utils import timezone

from arena.battles.models import Answer, Side, Vote, VoteStanding, VoteWeight
from arena.battles.voting.boards import boards_of
from arena.battles.voting.clusters import gather_clusters
from arena.battles.voting.standing import change_standing
from arena.battles.voting.weights import Weight, set_weights, style_of, turns_of, weights_of
from arena.contestants.models import Contestant
from arena.leaderboards.boards import register_boards
from arena.leaderboards.counting.change import Change
from arena.leaderboards.counting.windows import roll_windows
from arena.leaderboards.models import (
    DISCOUNT_LENGTH,
    Outcome,
    PairDay,
    PairTotal,
    Window,
    WindowStart,
)
from arena.voters.models import Member, Voter
from arena.voters.services import claim_guest_on_login
from tests.exports.casting import cast
from tests.factories import make_contestants

NOW = timezone.now()
COUNTED, HELD, EXCLUDED = VoteStanding.Standing
Sums = dict[tuple[Any, ...], list[int]]

pytestmark = pytest.mark.django_db


@pytest.fixture
def models(db: None) -> list[Contestant]:
    register_boards()
    return make_contestants(3)


def recounted() -> tuple[Sums, Sums]:
    """What weights take off each pair's counts, from the votes themselves."""
    totals: dict[tuple[Any, ...], Any] = defaultdict(lambda: np.zeros(DISCOUNT_LENGTH, int))
    days: dict[tuple[Any, ...], Any] = defaultdict(lambda: np.zeros(DISCOUNT_LENGTH, int))
    (first_day,) = WindowStart.objects.values_list("first_day", flat=True)
    for vote in Vote.objects.select_related("battle", "voter"):
        standing, weight = vote.standings.first(), vote.weights.first()
        if standing is None or standing.standing != COUNTED or weight is None:
            continue
        answers = list(Answer.objects.filter(turn__battle=vote.battle, turn__excluded_reason=""))
        style = style_of(answers, Side.A), style_of(answers, Side.B)
        a, b, day = vote.battle.contestant_a_id, vote.battle.contestant_b_id, vote.cast_at.date()
        change = Change.of(a, b, Outcome(vote.outcome), style, vote.voter.cluster)
        less = np.zeros(DISCOUNT_LENGTH, int)
        for place, x in change.places().items():
            less[place - 1] = (10 - weight.tenths) * x
        for slug in boards_of(turns_of(answers)):
            key = slug, change.first, change.second
            totals[*key, Window.ALL] += less
            days[*key, day] += less
            if day >= first_day:
                totals[*key, Window.MONTH] += less
    return _filled(totals), _filled(days)


def kept() -> tuple[Sums, Sums]:
    columns = ("board__slug", "first", "second")
    totals = PairTotal.objects.values_list(*columns, "window", "discount")
    days = PairDay.objects.values_list(*columns, "day", "discount")
    return _filled({tuple(key): d for *key, d in totals}), _filled(
        {tuple(key): d for *key, d in days}
    )


def _filled(rows: dict[tuple[Any, ...], Any]) -> Sums:
    return {
        key: list(map(int, row)) for key, row in rows.items() if row is not None and np.any(row)
    }


def some_vote(rng: random.Random, voters: list[Voter], models: list[Contestant]) -> Vote:
    pair = rng.sample(models, 2)
    return cast(
        rng.choice(voters),
        (pair[0], pair[1]),
        at=NOW - timedelta(days=rng.choice([0, 1, 3, 13, 29, 40])),
        outcome=rng.choice(["a", "b", "tie", "both_bad"]),
        language=rng.choice(["en", "de"]),
        topics=rng.choice([(), ("code",)]),
        prompts=rng.choice([("Why?",), ("Why?", "And then?")]),
        standing=rng.choice(["counted", "counted", "held"]),
    )


def weight_of(rng: random.Random) -> Weight:
    tenths = rng.randint(0, 10)
    return Weight(tenths, "" if tenths == 10 else rng.choice(VoteWeight.Group.values))


@pytest.mark.parametrize("seed", range(6))
def test_counts_follow_weights_through_anything(seed: int, models: list[Contestant]) -> None:
    rng = random.Random(seed)
    member = Member.objects.create_user("mara", "mara@example.org")
    own, voters = claim_guest_on_login(member, None), [Voter.objects.create() for _ in range(3)]
    votes = [some_vote(rng, voters, models) for _ in range(6)]
    today = NOW.date()
    for _ in range(40):
        match rng.choice(["cast", "weigh", "weigh", "stand", "stand", "link", "roll"]):
            case "cast":
                votes.append(some_vote(rng, [*voters, own], models))
            case "weigh":
                chosen = rng.sample(votes, rng.randint(1, len(votes)))
                set_weights({vote.pk: weight_of(rng) for vote in chosen})
            case "stand":
                standing = rng.choice([COUNTED, HELD, EXCLUDED])
                change_standing(rng.choice(votes), standing, reason="For the test.")
            case "link":
                claim_guest_on_login(member, rng.choice(voters).pk)
                gather_clusters()
            case "roll":
                today += timedelta(days=rng.randint(0, 2))
                roll_windows(today)
        assert kept() == recounted()
    assert any(kept())


def test_a_weight_changes_only_what_it_says(models: list[Contestant]) -> None:
    one, two, _ = models
    voter = Voter.objects.create()
    vote, other = (cast(voter, (one, two), at=NOW) for _ in range(2))
    assert set_weights({vote.pk: Weight(3, "day"), other.pk: Weight()}) == 1
    assert set_weights({vote.pk: Weight(3, "day")}) == 0
    assert weights_of([vote.pk, other.pk]) == {vote.pk: (3, "day"), other.pk: (10, "")}
    row = PairTotal.objects.get(board__slug="overall", window="all")
    assert (row.first_wins, (row.discount or [])[0]) == (2, 7)
    before = row.revision
    assert set_weights({vote.pk: Weight(3, "week")}) == 1  # the same weight for another reason
    assert PairTotal.objects.get(pk=row.pk).revision == before
    assert set_weights({vote.pk: Weight()}) == 1
    assert not any(PairTotal.objects.get(pk=row.pk).discount or [1])
    assert vote.standings.get().standing == COUNTED


def test_a_vote_that_is_held_is_not_weighed(models: list[Contestant]) -> None:
    vote = cast(Voter.objects.create(), (models[0], models[1]), at=NOW, standing="held")
    assert set_weights({vote.pk: Weight(0, "day")}) == 0
    assert kept() == ({}, {})


def test_the_database_refuses_weights_that_cannot_be(models: list[Contestant]) -> None:
    vote = cast(Voter.objects.create(), (models[0], models[1]), at=NOW)
    for tenths, group in ((11, ""), (10, "day"), (4, ""), (4, "mood")):
        with pytest.raises(IntegrityError), transaction.atomic():
            VoteWeight.objects.create(vote=vote, tenths=tenths, group=group)
    weight = VoteWeight.objects.create(vote=vote, tenths=4, group="day")
    for change in (weight.delete, lambda: VoteWeight.objects.update(tenths=5)):
        with pytest.raises(Exception, match="weight_is_final"), transaction.atomic():
            change()
    row = PairTotal.objects.get(board__slug="overall", window="all")
    for place, x in ((0, 11), (1, 1), (4, -1)):
        row.discount = [x * (place == n) for n in range(DISCOUNT_LENGTH)]
        with pytest.raises(IntegrityError), transaction.atomic():
            row.save()


@pytest.mark.django_db(transaction=True)
def test_weights_wait_for_nobody_for_long(models: list[Contestant]) -> None:
    """Whoever holds a vote is never made to wait in a ring: the weights come the next time."""
    vote = cast(Voter.objects.create(), (models[0], models[1]), at=NOW)
    found: list[str] = []

    def weigh() -> None:
        try:
            set_weights({vote.pk: Weight(0, "day")})
        except OperationalError:
            found.append("in use")
        finally:
            connection.close()

    thread = threading.Thread(target=weigh)
    with transaction.atomic():
        change_standing(vote, HELD, reason="For the test.")
        thread.start()
        thread.join()
    assert found == ["in use"]
    assert kept() == recounted() == ({}, {})
