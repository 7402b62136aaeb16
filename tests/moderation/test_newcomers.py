"""What newcomers do together is one case for a model; honest ones among them are let go."""

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


def test_there_is_one_case_for_a_model_and_it_grows(
    pool: list[Contestant], rigged: list[Vote], case: Case
) -> None:
    assert (case.kind, case.contestant, case.state) == ("newcomers", pool[3], "open")
    assert {vote.pk for vote in votes_of(case)} >= {vote.pk for vote in rigged}
    more = farm(pool, 3)
    bound_influence()
    assert open_case(Signal.objects.latest("pk").pk) == case
    assert {vote.pk for vote in more} <= {vote.pk for vote in votes_of(case)}
    assert case.log_e > 4.6


def test_other_votes_of_these_accounts_are_not_its_matter(
    pool: list[Contestant], rigged: list[Vote], case: Case, moderator: Moderator
) -> None:
    voter = rigged[0].voter
    cast_one(voter, pool[0], pool[1], Outcome.A)
    decided(case, Decision.Kind.EXCLUDE, moderator("ann"))
    assert set(standings(rigged)) == {"excluded"}
    assert standing_counts(voter.pk) == {"counted": 1, "held": 0, "excluded": 1}


def test_some_are_released_and_the_case_stays_open(
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


def test_a_dismissal_lets_newcomers_pass_until_it_is_undone(
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


def test_nobody_is_suspended_or_banned_for_it(case: Case, moderator: Moderator) -> None:
    ann = moderator("ann", Role.SENIOR)
    for kind in (Decision.Kind.SUSPEND, Decision.Kind.GROUP):
        with pytest.raises(Refused, match="another kind"):
            decide(claimed(case, ann), kind, ann, reason="A farm.")
    with pytest.raises(Refused, match="Honest visitors"):
        ban_networks(case.pk, ann, days=1, reason="A farm.")


def test_an_appeal_is_for_the_votes_of_who_appeals(
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


def test_the_page_says_it_in_plain_words(case: Case, moderator: Moderator) -> None:
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
