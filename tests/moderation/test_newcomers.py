"""Cases of newcomers: one for a model, and honest newcomers are released."""

from collections.abc import Iterator

import pytest

from arena.battles.models import Vote
from arena.contestants.models import Contestant
from arena.integrity.models import NewcomersAcknowledgement, Signal
from arena.integrity.weights.bounding import bound_influence
from arena.leaderboards.models import Outcome
from arena.moderation.cases.opening import open_case
from arena.moderation.cases.review import Refused
from arena.moderation.decisions import appeals
from arena.moderation.decisions.appeals import answer_appeal
from arena.moderation.decisions.apply import apply_decision
from arena.moderation.decisions.deciding import ban_networks, decide, undo
from arena.moderation.decisions.voter_view import standing_counts
from arena.moderation.evidence.votes import votes_of
from arena.moderation.models import Case, Decision
from arena.moderation.roles import Role
from tests.factories import Registered
from tests.integrity.conftest import cast_one, make_pool
from tests.integrity.farms import farm, held, noon
from tests.members import logged_in
from tests.moderation.cases import claimed, decided, state
from tests.moderation.conftest import Moderator

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def at_noon() -> Iterator[None]:
    with noon():
        yield


@pytest.fixture
def pool(contestant: Registered) -> list[Contestant]:
    return make_pool(contestant)


@pytest.fixture
def rigged(pool: list[Contestant]) -> list[Vote]:
    """A farm that is held."""
    votes = farm(pool, 40)
    bound_influence()
    return votes


@pytest.fixture
def case(rigged: list[Vote]) -> Case:
    open_case(Signal.objects.get().pk)
    return Case.objects.get()


def standings(votes: list[Vote]) -> list[str]:
    return [vote.standings.all()[0].standing for vote in votes]


def test_new_signals_about_newcomers_of_a_model_join_its_case(
    pool: list[Contestant], rigged: list[Vote], case: Case
) -> None:
    assert (case.kind, case.contestant, case.state) == ("newcomers", pool[3], "open")
    assert {vote.pk for vote in votes_of(case)} >= {vote.pk for vote in rigged}
    more = farm(pool, 3)
    bound_influence()
    assert open_case(Signal.objects.latest("pk").pk) == case
    assert {vote.pk for vote in more} <= {vote.pk for vote in votes_of(case)}
    assert case.log_e > 4.6


def test_a_case_of_newcomers_leaves_other_votes_of_the_accounts_alone(
    pool: list[Contestant], rigged: list[Vote], case: Case, moderator: Moderator
) -> None:
    voter = rigged[0].voter
    cast_one(voter, pool[0], pool[1], Outcome.A)
    decided(case, Decision.Kind.EXCLUDE, moderator("ann"))
    assert set(standings(rigged)) == {"excluded"}
    assert standing_counts(voter.pk) == {"counted": 1, "held": 0, "excluded": 1}


def test_dismissing_some_votes_of_newcomers_keeps_the_case_open(
    pool: list[Contestant], rigged: list[Vote], case: Case, moderator: Moderator
) -> None:
    chosen = rigged[:2]
    scope = {"votes": [vote.pk for vote in chosen]}
    decided(case, Decision.Kind.DISMISS, moderator("ann"), scope=scope)
    assert standings(chosen) == ["counted", "counted"]
    assert (held(rigged), state(case)) == (38, "open")
    assert not NewcomersAcknowledgement.objects.exists()
    bound_influence()
    assert held(rigged) == 38  # not held again


def test_a_dismissed_case_of_newcomers_holds_no_more_votes_until_undone(
    pool: list[Contestant], rigged: list[Vote], case: Case, moderator: Moderator
) -> None:
    ann = moderator("ann")
    dismissed = decided(case, Decision.Kind.DISMISS, ann)
    assert (held(rigged), state(case)) == (0, "snoozed")
    more = farm(pool, 4)
    bound_influence()
    assert (held(rigged), held(more)) == (0, 0)
    undone = undo(dismissed.pk, moderator("bob"), reason="Not so fast.")
    apply_decision(undone.pk)
    bound_influence()
    assert (held(rigged), held(more), state(case)) == (40, 4, "open")


def test_nobody_is_suspended_or_banned_in_a_case_of_newcomers(
    case: Case, moderator: Moderator
) -> None:
    ann = moderator("ann", Role.SENIOR)
    for kind in (Decision.Kind.SUSPEND, Decision.Kind.GROUP):
        with pytest.raises(Refused, match="another kind"):
            decide(claimed(case, ann), kind, ann, reason="A farm.")
    with pytest.raises(Refused, match="Honest visitors"):
        ban_networks(case.pk, ann, days=1, reason="A farm.")


def test_a_granted_appeal_restores_only_the_votes_of_the_appellant(
    rigged: list[Vote], case: Case, moderator: Moderator
) -> None:
    ann, bob = moderator("ann"), moderator("bob")
    excluded = decided(case, Decision.Kind.EXCLUDE, ann)
    for number, vote in enumerate(rigged[:2], 1):
        appeal = appeals.appeal(vote.voter_id, excluded.pk, "I liked it.")
        claimed(case, bob)
        granted = answer_appeal(appeal.pk, bob, grant=True, reason="True.")
        apply_decision(granted.pk)
        assert standings(rigged).count("counted") == number
        assert state(case) == "decided"


def test_the_page_of_newcomers_shows_their_votes_by_day(case: Case, moderator: Moderator) -> None:
    client = logged_in(moderator("ann"))
    page = client.get(f"/moderation/cases/{case.pk}/").content.decode()
    detail = Signal.objects.get().detail
    assert "New accounts vote for Poor more often than any honest crowd would." in page
    assert f"{detail['votes']} votes of {detail['accounts']} new accounts are held." in page
    assert f"About {detail['honest']} of them" in page
    assert 'data-test="newcomers-days"' in page
    assert "Points for Poor" in page
    assert 'data-test="picked"' not in page
    assert 'data-test="ban"' not in page
    queue = client.get("/moderation/").content.decode()
    assert "the chance of this with honest visitors is at most 1 in" in queue
