"""What a voter sees of a vote: whether it counts, how much, since when, and what it changes."""

import json
import math
from datetime import timedelta
from typing import Any

import pytest
from django.core.cache import caches
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from arena.battles.models import GoldBattle, Vote, VoteStanding
from arena.battles.reading.history import WEIGHTS_SHOWN
from arena.battles.reading.vote_reports import (
    LITTLE_KNOWN,
    WEIGHED_WITHIN,
    final_at,
    report_of,
    reports_of,
    vote_view,
)
from arena.battles.voting.standing import change_standing
from arena.battles.voting.weights import Weight, set_weights
from arena.contestants.models import Contestant
from arena.integrity.statistics.weights.vote_weights import MANY
from arena.leaderboards.boards import register_boards
from arena.leaderboards.fitting import refit_changed
from arena.settings import base
from arena.voters.models import Voter
from tests.exports.casting import cast
from tests.factories import NewBattle, make_battles, make_contestants
from tests.voters.battles import finish, vote
from tests.voters.conftest import Person

COUNTED, HELD, EXCLUDED = VoteStanding.Standing
FRESH = "Your vote counts. Within ten minutes it is weighed with other votes."
LESS = (
    "Your vote counts 0.4 instead of 1: votes of new voters on one day moved a model further than"
    " chance explains."
)


@pytest.fixture
def pair(db: None) -> tuple[Contestant, Contestant]:
    caches["process"].clear()
    register_boards()
    a, b = make_contestants(2)
    return a, b


def an_hour_ago(voter: Voter, pair: tuple[Contestant, Contestant], outcome: str = "a") -> Vote:
    return cast(voter, pair, at=timezone.now() - timedelta(hours=1), outcome=outcome)


def report_on(cast_vote: Vote) -> str:
    return report_of(Vote.objects.get(pk=cast_vote.pk)).explanation


def replied(person: Person, battle: dict[str, Any], outcome: str = "a") -> dict[str, Any]:
    """Vote; what the API says of the vote at once."""
    path = f"/api/v1/battles/{battle['id']}/vote"
    response = person.client.post(path, {"outcome": outcome}, content_type="application/json")
    assert response.status_code == 201
    own: dict[str, Any] = response.json()["vote"]
    return own


@pytest.mark.usefixtures("contestants")
def test_the_reply_to_a_vote_says_whether_and_how_much_it_counts(person: Person) -> None:
    for number in (1, 2):
        battle = person.open_battle("Why is the sky blue?" * number)
        finish(battle)
        own = replied(person, battle)
        first = "It is the first of yours that counts: it may weigh less until more are known."
        more = "2 votes of yours count: they may weigh less until more are known."
        assert own["explanation"] == f"{FRESH} {first if number == 1 else more}"
        assert (own["standing"], own["weight"], own["effect"]) == ("counted", 1.0, None)
        assert own["counts_since"] == own["history"][0]["since"] == own["cast_at"]
        assert [period["counts"] for period in own["history"]] == [1.0]
    battle = person.open_battle("Who are you, and which company made you?")
    finish(battle)
    own = replied(person, battle)
    why = "The prompt asks the models who they are, so the battle was not blind."
    assert own["explanation"] == f"Your vote is recorded, but it does not count. {why}"
    assert own["counts_since"] is None
    assert own["history"] == [{"since": own["cast_at"], "counts": 0.0, "reason": why}]


@pytest.mark.usefixtures("contestants")
def test_a_held_voter_is_told_with_the_vote_and_in_the_history(person: Person) -> None:
    battle = person.open_battle()
    finish(battle)
    vote(person, battle)
    change_standing(Vote.objects.get(), HELD, code=VoteStanding.Code.REVIEW, reason="For a test.")
    held = (
        "Your vote is recorded, and does not count for now. Your votes as a whole look unusual. A"
        " moderator looks at them before they count."
    )
    assert held in person.page("/account/battles/")
    change_standing(Vote.objects.get(), COUNTED, reason="A moderator says so: secret words.")
    own = person.client.get(f"/api/v1/battles/{battle['id']}").json()["vote"]
    assert [period["counts"] for period in own["history"]] == [1.0, 0.0, 1.0]
    assert own["history"][-1]["reason"] == "It counts again."
    assert own["counts_since"] == own["history"][-1]["since"]
    page = person.page("/account/battles/")
    assert "It counts again." in page
    assert "secret words" not in page + json.dumps(own)


@pytest.mark.usefixtures("contestants")
def test_page_api_and_export_say_the_same_of_a_weight(person: Person) -> None:
    battle = person.open_battle()
    finish(battle)
    vote(person, battle)
    assert FRESH in person.page("/account/battles/")
    set_weights({Vote.objects.get().pk: Weight(4, "day")})
    page = person.page("/account/battles/")
    last = final_at(Vote.objects.get()).date().isoformat()
    assert f"{LESS} Its weight may change until {last}." in page
    assert "counts fully" not in page
    own = person.client.get(f"/api/v1/battles/{battle['id']}").json()["vote"]
    assert (own["standing"], own["weight"], own["weight_reason"]) == ("counted", 0.4, LESS)
    assert [period["counts"] for period in own["history"]] == [1.0, 0.4]
    with pytest.warns(Warning, match="consume asynchronous iterators"):  # of this client alone
        exported = json.loads(b"".join(person.client.get("/account/export/")))
    assert exported["battles"][0]["vote"] == own
    set_weights({Vote.objects.get().pk: Weight()})
    page = person.page("/account/battles/")
    assert "Your vote counts fully since" in page
    assert "when 1 vote of yours counted." in page


def test_a_vote_that_counts_fully_later_says_since_how_many_votes(
    voter: Voter, pair: tuple[Contestant, Contestant]
) -> None:
    first = an_hour_ago(voter, pair)
    assert report_on(first) == "Your vote counts fully."
    set_weights({first.pk: Weight(3, "class")})
    guest = Voter.objects.create(merged_into=voter)
    an_hour_ago(guest, pair), an_hour_ago(voter, pair)
    held = an_hour_ago(voter, pair)
    change_standing(held, HELD, code=VoteStanding.Code.REVIEW, reason="For a test.")
    an_hour_ago(Voter.objects.create(), pair)
    set_weights({first.pk: Weight()})
    since = first.weights.get(group="").created_at
    assert report_on(first) == (
        f"Your vote counts fully since {since:%Y-%m-%d %H:%M} UTC, when 3 votes of yours counted."
    )
    report = report_of(first)
    assert [period.share for period in report.periods] == [1.0, 0.3, 1.0]
    assert report.periods[1].reason == (
        "Votes of new voters moved a model further than chance explains."
    )
    assert report.periods[2].reason.endswith("By then 3 votes of yours counted.")
    assert report.counts_since == first.cast_at
    for _ in range(LITTLE_KNOWN):
        an_hour_ago(voter, pair)
    set_weights({first.pk: Weight(0, "voter")})
    assert report_on(first).startswith("Your vote weighs 0: your own votes moved a model further")
    assert report_of(first).counts_since is None
    set_weights({first.pk: Weight()})
    assert "when" not in report_on(first)
    assert report_of(first).counts_since == first.weights.all()[0].created_at


def test_what_a_vote_changes_is_told_once_it_was_weighed(
    voter: Voter, pair: tuple[Contestant, Contestant]
) -> None:
    a, b = pair
    for place in range(60):
        an_hour_ago(Voter.objects.create(), pair, "a" if place % 2 else "b")
    own, lost = an_hour_ago(voter, pair), an_hour_ago(voter, (b, a), "b")
    refit_changed(seconds=60)
    effect = report_of(own).effect
    assert effect is not None
    assert (effect.a, effect.b) == (a, b)
    # 400 points are a factor of ten in the odds, which go from 31 : 30 to 32 : 30.
    assert effect.points_a - effect.points_b == pytest.approx(400 * math.log10(32 / 31), abs=0.01)
    assert effect.sentence == (
        f"What it changes on the overall board: Model 0 {effect.points_a:+.2f} points,"
        f" Model 1 \N{MINUS SIGN}{-effect.points_b:.2f} points."
    )
    other = report_of(lost).effect
    assert other is not None
    assert (other.points_b, other.points_a) == pytest.approx((effect.points_a, effect.points_b))
    set_weights({own.pk: Weight(5, "class")})
    half = report_of(own).effect
    assert half is not None
    assert half.points_a == pytest.approx(effect.points_a / 2, rel=0.05)
    view = vote_view(report_of(own))["effect"]
    assert view == {"board": "overall", "a": round(half.points_a, 3), "b": round(half.points_b, 3)}
    set_weights({own.pk: Weight(0, "class")})
    assert report_of(own).effect is None
    change_standing(lost, EXCLUDED, code=VoteStanding.Code.MODERATED, reason="For a test.")
    assert report_of(lost).effect is None
    fresh = cast(voter, pair, at=timezone.now())
    assert report_of(fresh).effect is None


def test_of_a_gold_question_no_weight_and_no_effect_is_told(
    voter: Voter, pair: tuple[Contestant, Contestant]
) -> None:
    gold = NewBattle(
        pair[0],
        pair[0],
        voter=voter,
        outcome="a",
        cast_at=timezone.now() - timedelta(hours=1),
        gold=GoldBattle(kind=GoldBattle.Kind.SAME),
        standings=[EXCLUDED],
    )
    an_hour_ago(voter, pair)
    refit_changed(seconds=60)
    (battle,) = make_battles([gold])
    view = vote_view(report_of(battle.vote))
    assert view["effect"] is None
    assert view["explanation"].startswith("Your vote is recorded, but it does not count.")


@pytest.mark.usefixtures("contestants")
def test_a_page_shows_the_newest_weights_and_the_export_all(person: Person) -> None:
    battle = person.open_battle()
    finish(battle)
    vote(person, battle)
    for tenths in range(WEIGHTS_SHOWN + 2):
        weight = Weight(tenths % 10, "day")
        set_weights({Vote.objects.get().pk: weight})
    page = person.page("/account/battles/")
    assert page.count('<time datetime="') == 1 + 1 + WEIGHTS_SHOWN
    assert 'data-test="cut"' in page
    own = person.client.get(f"/api/v1/battles/{battle['id']}").json()["vote"]
    assert len(own["history"]) == 1 + WEIGHTS_SHOWN + 2


def test_all_votes_of_a_page_take_as_many_queries_as_one(
    voter: Voter, pair: tuple[Contestant, Contestant]
) -> None:
    votes = [an_hour_ago(voter, pair) for _ in range(20)]
    refit_changed(seconds=60)
    for weight in (Weight(4, "day"), Weight()):
        set_weights({own.pk: weight for own in votes})

    def queries(number: int) -> int:
        caches["process"].clear()
        fetched = list(
            Vote.objects.select_related("battle__contestant_a", "battle__contestant_b").order_by(
                "pk"
            )[:number]
        )
        with CaptureQueriesContext(connection) as captured:
            report_on = [report.effect.sentence for report in reports_of(fetched) if report.effect]
        assert len(report_on) == number
        return len(captured)

    assert queries(20) == queries(1) <= 8


def test_what_is_told_of_a_fresh_vote_depends_on_nothing_but_the_voters_own_votes(
    pair: tuple[Contestant, Contestant],
) -> None:
    """A farm learns nothing of how its votes fare from the reply when it votes."""
    farm, alone = Voter.objects.create(), Voter.objects.create()
    others = [Voter.objects.create() for _ in range(5)]
    votes = [
        make_battles([NewBattle(*pair, voter=each, network="one", outcome="a", on_boards=True)])[
            0
        ].vote
        for each in others
    ]
    set_weights({each.pk: Weight(0, "network") for each in votes})
    now = timezone.now()
    rigged, honest = make_battles(
        [
            NewBattle(*pair, voter=farm, network="one", outcome="a", cast_at=now, on_boards=True),
            NewBattle(*pair, voter=alone, network="two", outcome="b", cast_at=now, on_boards=True),
        ]
    )
    views = [vote_view(report_of(battle.vote)) for battle in (rigged, honest)]
    assert {**views[0], "outcome": "b"} == views[1]


def test_the_words_say_what_the_rule_does() -> None:
    assert LITTLE_KNOWN == MANY
    (job,) = (
        job for job in base.PERIODIC_JOBS.values() if job["task"].endswith(".bound_influence")
    )
    assert job["every"] == timedelta(minutes=10)
    assert job["every"] < WEIGHED_WITHIN <= timedelta(minutes=12)
