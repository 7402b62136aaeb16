"""Guessing passwords ends soon, locks nobody out, and tells nobody which accounts there are."""

from collections.abc import Callable

import pytest
from django.contrib.auth.models import Group
from django.core.cache import caches
from pytest_django import Settings

from arena.voters.models import Member
from tests.members import add_second_factor
from tests.voters.conftest import PASSWORD, Mailbox, Person
from tests.voters.hashers import CountingHasher

pytestmark = pytest.mark.django_db

ANN, EVE = "ann@example.org", "eve@example.org"
GUESSES = 12
FROM_ELSEWHERE = "203.0.113.{}"


@pytest.fixture(autouse=True)
def _counted(settings: Settings) -> None:
    settings.PASSWORD_HASHERS = ["tests.voters.hashers.CountingHasher"]


def hashes(act: Callable[[], object]) -> int:
    before = CountingHasher.hashed
    act()
    return CountingHasher.hashed - before


def guess(person: Person, login: str, *, times: int = GUESSES, network: str = "203.0.113.9") -> str:
    """The page after so many wrong passwords from that address."""
    page = ""
    for number in range(times):
        response = person.client.post(
            "/account/login/",
            {"login": login, "password": f"guess {number}"},
            REMOTE_ADDR=network,
        )
        page = response.content.decode()
    return page


def account(kind: str) -> str:
    """The login of an account of that kind."""
    if kind == "none":
        return EVE
    if kind == "name that is none":
        return "nobody"
    member = Member.objects.create_superuser("operator", "operator@example.org", PASSWORD)
    match kind:
        case "by provider alone":
            member.set_unusable_password()
        case "inactive":
            member.is_active = False
    member.save()
    return "operator" if kind == "name" else member.email


KINDS = ["member", "name", "by provider alone", "inactive", "none", "name that is none"]


@pytest.mark.parametrize("password", ["wrong", PASSWORD + "x", "x" * 3000, " "])
@pytest.mark.parametrize("kind", KINDS)
def test_a_wrong_password_costs_one_hash_whosever_it_is(
    person: Person, kind: str, password: str
) -> None:
    login = account(kind)
    assert hashes(lambda: person.log_in(login, password)) == 1
    assert not person.logged_in


def test_signing_up_costs_as_much_with_an_address_that_is_taken(
    person: Person, mailbox: Mailbox
) -> None:
    person.sign_up(ANN)

    def sign_up(address: str) -> int:
        caches["default"].clear()  # else no second mail within ten seconds
        form = {"email": address, "password1": PASSWORD}
        return hashes(lambda: Person(mailbox).fill("/account/signup/", **form))

    assert sign_up(ANN) == sign_up(EVE) == 1


@pytest.mark.parametrize("path", ["/account/signup/", "/account/password/reset/"])
def test_wrong_codes_read_alike_whether_or_not_there_is_an_account(
    person: Person, mailbox: Mailbox, path: str
) -> None:
    person.sign_up(ANN)
    confirm = "confirm-email/" if "signup" in path else "password/reset/confirm/"
    pages = []
    for address in (ANN, EVE):
        caches["default"].clear()  # else no second mail within ten seconds
        someone = Person(mailbox)
        someone.fill(path, email=address, **({"password1": PASSWORD} if "signup" in path else {}))
        answers = [someone.fill(f"/account/{confirm}", code="AAAA-AAAA") for _ in range(4)]
        pages.append(
            [
                line.replace(address, "")
                for page in answers
                for line in page.splitlines()
                if "csrfmiddlewaretoken" not in line
            ]
        )
    assert pages[0] == pages[1]


def test_strangers_lock_nobody_out_of_a_browser_they_have_used(
    person: Person, mailbox: Mailbox
) -> None:
    person.sign_up(ANN)
    person.log_out()
    for number in range(60):  # of one network each: more than the account takes from strangers
        guess(Person(mailbox), ANN, times=4, network=f"203.0.{number}.1")
    locked = Person(mailbox)
    assert "That was too often" in locked.log_in(ANN)
    assert "on a device where you have done so before" in locked.log_in(ANN)
    person.log_in(ANN)
    assert person.logged_in


@pytest.mark.parametrize("role", ["member", "moderator", "operator"])
@pytest.mark.parametrize("login", ["address", "name"])
def test_a_dozen_guesses_lock_nobody_out_of_a_new_browser_elsewhere(
    stranger: Person, mailbox: Mailbox, role: str, login: str
) -> None:
    create = Member.objects.create_superuser
    member = create("someone", "someone@example.org", PASSWORD)
    member.is_superuser = member.is_staff = role == "operator"
    member.save()
    if role == "moderator":
        member.groups.add(Group.objects.get_or_create(name="Moderators")[0])
        add_second_factor(member)
    said = member.email if login == "address" else member.username
    assert "That was too often" in guess(stranger, said)
    assert "That was too often" in guess(stranger, member.email)  # the same account by its address
    owner = Person(mailbox)
    owner.log_in(said)
    assert "That was too often" not in owner.page("/account/login/")
    assert owner.logged_in or role == "moderator"  # who is asked for the second factor now


def test_strangers_in_ones_own_network_lock_nobody_out_of_a_known_browser(
    person: Person, mailbox: Mailbox
) -> None:
    person.sign_up(ANN)
    person.log_out()
    for _ in range(8):
        guess(Person(mailbox), ANN, times=10, network="127.0.0.1")
    person.log_in(ANN)
    assert person.logged_in


def test_a_known_browser_does_not_guess_for_ever(person: Person, mailbox: Mailbox) -> None:
    person.sign_up(ANN)
    person.log_out()
    assert "That was too often" in guess(person, ANN)
    person.log_in(ANN)
    assert not person.logged_in


def test_a_browser_is_known_to_its_members_alone(person: Person, stranger: Person) -> None:
    person.sign_up(ANN)
    stranger.sign_up(EVE)
    stranger.log_out()
    assert "That was too often" in guess(stranger, ANN)
    stranger.log_in(EVE)
    assert stranger.logged_in


@pytest.mark.parametrize("cookie", ["", "x", "e30:forged:signature", "\x00"])
def test_a_forged_cookie_makes_no_browser_known(
    person: Person, stranger: Person, cookie: str
) -> None:
    person.sign_up(ANN)
    stranger.client.cookies["arena_device"] = cookie
    assert "That was too often" in guess(stranger, ANN)


def test_the_mailed_code_lets_in_while_strangers_guess(person: Person, mailbox: Mailbox) -> None:
    person.sign_up(ANN)
    for number in range(60):
        guess(Person(mailbox), ANN, times=4, network=f"203.0.{number}.1")
    new = Person(mailbox)
    new.fill("/account/password/reset/", email=ANN)
    new.fill("/account/password/reset/confirm/", code=mailbox.code(ANN))
    other = "an entirely new one"
    new.fill("/account/password/reset/complete/", password1=other, password2=other)
    assert new.logged_in
    new.log_out()
    new.log_in(ANN, other)
    assert new.logged_in
