"""Votes by cluster of voters: right whatever happens to votes and voters."""

import importlib
import threading
from collections import defaultdict
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from arena.battles.erasure import erase_person
from arena.battles.models import Turn, Vote, VoteStanding
from arena.battles.voting.boards import boards_of
from arena.battles.voting.clusters import gather_clusters
from arena.battles.voting.standing import change_standing
from arena.contestants.models import Contestant
from arena.leaderboards.boards import register_boards
from arena.leaderboards.counting.windows import roll_windows
from arena.leaderboards.models import PairDay, PairTotal, Window, WindowStart
from arena.voters.models import CLUSTERS, Member, Voter
from arena.voters.services import claim_guest_on_login
from tests.exports.casting import cast
from tests.factories import make_contestants

Sums = dict[tuple[object, ...], list[int]]

NOW = timezone.now()
COUNTED, HELD, EXCLUDED = VoteStanding.Standing


def recounted() -> tuple[Sums, Sums]:
    """Votes and half points of each cluster, from the votes themselves."""
    totals: Sums = defaultdict(lambda: [0] * 2 * CLUSTERS)
    days: Sums = defaultdict(lambda: [0] * 2 * CLUSTERS)
    (first_day,) = WindowStart.objects.values_list("first_day", flat=True)
    for vote in Vote.objects.select_related("battle", "voter"):
        newest = vote.standings.order_by("-pk").first()
        if newest is None or newest.standing != "counted":
            continue
        a, b, day = vote.battle.contestant_a_id, vote.battle.contestant_b_id, vote.cast_at.date()
        points = {"a": 2, "b": 0}.get(vote.outcome, 1)
        turns = Turn.objects.filter(battle=vote.battle, excluded_reason="").order_by("number")
        for slug in boards_of(list(turns)):
            key = slug, min(a, b), max(a, b)
            kept = [totals[*key, Window.ALL], days[*key, day]]
            kept += [totals[*key, Window.MONTH]] if day >= first_day else []
            for sums in kept:
                sums[vote.voter.cluster] += 1
                sums[CLUSTERS + vote.voter.cluster] += points if a < b else 2 - points
    return dict(totals), dict(days)


def kept() -> tuple[Sums, Sums]:
    columns = ("board__slug", "first", "second")
    totals = PairTotal.objects.values_list(*columns, "window", "voters")
    days = PairDay.objects.values_list(*columns, "day", "voters")
    return tuple(  # type: ignore[return-value]
        {tuple(key): sums for *key, sums in rows if any(sums)} for rows in (totals, days)
    )


@pytest.fixture
def models(db: None) -> list[Contestant]:
    register_boards()
    return make_contestants(3)


@pytest.fixture
def guest(db: None) -> Voter:
    return Voter.objects.create(cluster=11)


def vote_a_lot(voter: Voter, models: list[Contestant]) -> list[Vote]:
    """On several pairs, both ways round, on several boards and days."""
    one, two, three = models
    return [
        cast(voter, (one, two), at=NOW, outcome="a", topics=("code",)),
        cast(voter, (two, one), at=NOW, outcome="a", language="de"),
        cast(voter, (three, one), at=NOW - timedelta(days=3), outcome="both_bad"),
        cast(voter, (two, three), at=NOW - timedelta(days=40), outcome="b", prompts=("a", "b")),
        cast(voter, (two, three), at=NOW, outcome="tie"),
        cast(voter, (one, two), at=NOW, outcome="a", standing="excluded"),
    ]


@pytest.mark.django_db
def test_sums_follow_votes_standings_and_days(models: list[Contestant], guest: Voter) -> None:
    other = Voter.objects.create(cluster=200)
    votes = vote_a_lot(guest, models) + vote_a_lot(other, models)
    assert kept() == recounted()
    for standing in (HELD, EXCLUDED, COUNTED, HELD):
        for vote in votes[::2]:
            change_standing(vote, standing, reason="For the test.")
        assert kept() == recounted()
    roll_windows(NOW.date() + timedelta(days=29))
    assert kept() == recounted()


@pytest.mark.django_db
def test_sums_follow_a_guest_into_a_member(models: list[Contestant], guest: Voter) -> None:
    """What the guest voted, and what is decided on these votes later."""
    member = Member.objects.create_user("mara", "mara@example.org")
    own = claim_guest_on_login(member, None)
    Voter.objects.filter(pk=own.pk).update(cluster=77)
    votes = vote_a_lot(guest, models)
    change_standing(votes[0], HELD, reason="For the test.")
    claim_guest_on_login(member, guest.pk)
    assert kept() == recounted()
    gather_clusters()
    guest.refresh_from_db()
    assert (guest.cluster, guest.merged_into_id) == (77, own.pk)
    assert kept() == recounted()
    assert not any(sums[11] or sums[CLUSTERS + 11] for sums in kept()[0].values())
    for vote, standing in ((votes[0], COUNTED), (votes[1], EXCLUDED), (votes[3], HELD)):
        change_standing(vote, standing, reason="For the test.")
    cast(guest, (models[0], models[1]), at=NOW)  # a battle that was open when they logged in
    assert kept() == recounted()


@pytest.mark.django_db
def test_a_guest_who_becomes_the_members_voter_keeps_the_cluster(
    models: list[Contestant], guest: Voter
) -> None:
    vote_a_lot(guest, models)
    assert (
        claim_guest_on_login(Member.objects.create_user("mara", "mara@example.org"), guest.pk)
        == guest
    )
    guest.refresh_from_db()
    assert guest.cluster == 11
    assert kept() == recounted()


@pytest.mark.django_db
def test_an_erased_voters_votes_stay_in_their_cluster(
    models: list[Contestant], guest: Voter
) -> None:
    """Votes outlive an erasure, and so do the sums, in which nobody is named."""
    votes = vote_a_lot(guest, models)
    before = kept()
    erase_person(guest.pk, None)
    assert kept() == before == recounted()
    change_standing(votes[0], EXCLUDED, reason="For the test.")
    assert kept() == recounted()


@pytest.mark.django_db
def test_votes_of_before_are_sorted_by_the_migration(
    models: list[Contestant], guest: Voter
) -> None:
    vote_a_lot(guest, models)
    vote_a_lot(Voter.objects.create(cluster=3), models)
    before = kept()
    for table in (PairTotal, PairDay):
        table.objects.update(voters=[0] * 2 * CLUSTERS)
    assert kept() == ({}, {})
    migration = importlib.import_module("arena.battles.migrations.0027_votes_by_cluster")
    with connection.cursor() as cursor:  # the names are those of its time
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE ratings_pairtotal RENAME revision TO changes")
        cursor.execute("ALTER TABLE battles_turn RENAME excluded_reason TO dropped")
        migration.fill(None, None)
        cursor.execute("ALTER TABLE battles_turn RENAME dropped TO excluded_reason")
        cursor.execute("ALTER TABLE ratings_pairtotal RENAME changes TO revision")
    assert kept() == before


@pytest.mark.django_db
def test_no_vote_is_taken_from_another_cluster(models: list[Contestant], guest: Voter) -> None:
    (vote, *_) = vote_a_lot(guest, models)
    Voter.objects.filter(pk=guest.pk).update(cluster=12)
    with pytest.raises(IntegrityError), transaction.atomic():
        change_standing(vote, HELD, reason="For the test.")
    with pytest.raises(IntegrityError), transaction.atomic():
        Voter.objects.filter(pk=guest.pk).update(cluster=CLUSTERS)


@pytest.mark.django_db(transaction=True)
def test_a_vote_that_is_being_cast_is_not_left_behind(
    models: list[Contestant], guest: Voter
) -> None:
    """While it is, its voter keeps the cluster; the next time both move."""
    member = Member.objects.create_user("mara", "mara@example.org")
    Voter.objects.filter(pk=claim_guest_on_login(member, None).pk).update(cluster=77)
    claim_guest_on_login(member, guest.pk)

    def gather() -> None:
        try:
            gather_clusters()
        finally:
            connection.close()

    thread = threading.Thread(target=gather)
    with transaction.atomic():
        cast(guest, (models[0], models[1]), at=NOW)
        thread.start()
        thread.join()
        guest.refresh_from_db()
        assert guest.cluster == 11
    assert kept() == recounted()
    gather_clusters()
    guest.refresh_from_db()
    assert guest.cluster == 77
    assert kept() == recounted()
