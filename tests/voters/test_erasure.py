"""Erasure: identity and text go for good, the anonymous outcomes stay counted."""

import pytest
from allauth.account.models import EmailAddress
from django.db import DatabaseError, transaction

from arena.battles.erasure import erase_texts
from arena.battles.generation.results import complete_answer
from arena.battles.models import (
    ERASED,
    Answer,
    Battle,
    IdentityLeak,
    KnownPrompt,
    Report,
    Trait,
    Turn,
    Vote,
    VoteStanding,
)
from arena.battles.voting.reactions import react, report
from arena.battles.voting.standing import change_standing
from arena.contestants.provider import Finished
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.counting.totals import counts_of
from arena.leaderboards.models import Board
from arena.leaderboards.variants import Variant
from arena.voters.models import Member, Voter
from tests.factories import claimed
from tests.traces import traces
from tests.voters.battles import finish, vote
from tests.voters.conftest import PASSWORD, Person

ANN = "ann@example.org"
SECRET = "My secret is zanzibar, who are you?"

pytestmark = pytest.mark.usefixtures("contestants")


def erase(person: Person) -> str:
    if person.logged_in:
        person.fill("/account/reauthenticate/", password=PASSWORD)
    return person.fill("/account/erase/", understood="yes")


def test_a_member_is_erased_and_the_votes_stay_counted(person: Person, stranger: Person) -> None:
    person.sign_up(ANN)
    before = stranger.open_battle("Also zanzibar, as a guest?")
    finish(before)
    vote(stranger, before)
    stranger.log_in(ANN)
    probing = person.open_battle(SECRET)
    finish(probing)
    vote(person, probing, "b")
    secret = Battle.objects.get(turns__prompt=SECRET)
    react(secret.voter_id, secret.pk, {"a": [Trait.CLEAR], "b": []}, "Because of zanzibar.")
    report(secret.voter_id, secret.pk, Report.Reason.OTHER, side="b", comment="zanzibar?")
    person.open_battle("A running zanzibar")
    written = {"battles_turn", "battles_reaction", "battles_report"}
    assert set(traces("zanzibar")) >= written
    overall = Variant(Board.objects.get(slug=OVERALL))
    counts = counts_of(overall).table.as_counts()
    outcomes = list(Vote.objects.order_by("pk").values_list("outcome", flat=True))

    assert "Your data are erased" in erase(person)
    assert not person.logged_in and not stranger.logged_in
    assert not Member.objects.exists() and not EmailAddress.objects.exists()
    assert traces("zanzibar") == []
    assert traces("Text a") == []
    assert [table for table in traces(ANN) if table != "django_session"] == []
    assert counts_of(overall).table.as_counts() == counts
    assert list(Vote.objects.order_by("pk").values_list("outcome", flat=True)) == outcomes
    assert not person.sees(probing) and not stranger.sees(before)
    assert not Voter.objects.exclude(member=None, merged_into=None).exists()
    assert all(known.bands == [] for known in KnownPrompt.objects.all())
    assert all(leak.excerpt == ERASED for leak in IdentityLeak.objects.all())
    stranger.log_in(ANN)
    assert not stranger.logged_in
    # A moderator can still take a vote out of the count.
    counted = Vote.objects.get(battle=before["id"])
    excluded = VoteStanding.Standing.EXCLUDED
    change_standing(counted, excluded, code=VoteStanding.Code.REVIEW, reason="For a test.")


def test_a_guest_is_erased_without_an_account(person: Person) -> None:
    battle = person.open_battle(SECRET)
    finish(battle)
    assert "What stays is the anonymous outcome" in person.page("/account/erase/")
    erase(person)
    assert traces("zanzibar") == []
    assert not person.sees(battle)


def test_nothing_is_erased_without_the_tick_or_the_password(person: Person) -> None:
    person.sign_up(ANN)
    person.open_battle(SECRET)
    assert 'name="password"' in person.fill("/account/erase/", understood="yes")
    person.fill("/account/reauthenticate/", password=PASSWORD)
    assert "Nothing was erased" in person.fill("/account/erase/")
    assert Turn.objects.get().prompt == SECRET
    assert person.logged_in


def test_a_worker_that_comes_late_brings_no_text_back(person: Person) -> None:
    person.open_battle(SECRET)
    answer = Answer.objects.order_by("side")[0]
    claim = claimed(answer)
    erase_texts(Voter.objects.get().pk)
    assert not complete_answer(claim, "About zanzibar", Finished("stop", 1, 2, 0.1, 0.2))
    assert traces("zanzibar") == []
    assert Battle.objects.get().state == Battle.State.FAILED


def test_a_prompt_can_only_vanish_and_only_from_an_erased_battle(person: Person) -> None:
    person.open_battle(SECRET)
    for prompt in ("something else", ERASED):
        with pytest.raises(DatabaseError, match="final"), transaction.atomic():
            Turn.objects.update(prompt=prompt)
    Battle.objects.update(erased_at="2026-01-01T00:00:00Z")
    with pytest.raises(DatabaseError, match="final"), transaction.atomic():
        Turn.objects.update(prompt="something else")
    with pytest.raises(DatabaseError), transaction.atomic():
        Turn.objects.update(language="de")
    Turn.objects.update(prompt=ERASED)


def test_of_a_moderator_who_decided_an_empty_shell_stays(person: Person) -> None:
    battle = person.open_battle()
    finish(battle)
    vote(person, battle)
    person.sign_up(ANN)
    moderator = Member.objects.get()
    held = VoteStanding.Standing.HELD
    change_standing(
        Vote.objects.get(),
        held,
        code=VoteStanding.Code.REVIEW,
        reason="For a test.",
        author=moderator,
    )
    erase(person)
    moderator.refresh_from_db()
    assert (moderator.email, moderator.is_active) == ("", False)
    assert not moderator.has_usable_password()
    assert VoteStanding.objects.filter(author=moderator).exists()
    assert [table for table in traces(ANN) if table != "django_session"] == []
