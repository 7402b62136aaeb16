"""Accounts by e-mail: signing up, in and out, a forgotten password, another address."""

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.cache import caches

from arena.voters.models import Member
from tests.voters.conftest import PASSWORD, Mailbox, Person

ANN = "ann@example.org"


def test_signing_up_takes_the_code_that_is_mailed(person: Person, mailbox: Mailbox) -> None:
    page = person.fill("/account/signup/", email=ANN, password1=PASSWORD)
    assert ANN in page
    assert not person.logged_in
    wrong = person.fill("/account/confirm-email/", code="AAA-AAA")
    assert "errorlist" in wrong
    assert not person.logged_in
    person.confirm(ANN)
    assert person.logged_in
    assert EmailAddress.objects.get(email=ANN).verified
    assert "ann" not in Member.objects.get().username
    assert str(mailbox.mails[0]["Subject"]).startswith("Blind Arena: ")


def test_an_address_that_is_not_verified_does_not_log_in(
    person: Person, stranger: Person, mailbox: Mailbox
) -> None:
    person.fill("/account/signup/", email=ANN, password1=PASSWORD)
    stranger.log_in(ANN)
    assert not stranger.logged_in


@pytest.mark.parametrize(
    ("path", "values"),
    [
        ("/account/signup/", {"password1": PASSWORD}),
        ("/account/password/reset/", {}),
    ],
)
def test_nothing_tells_whether_an_address_has_an_account(
    person: Person, mailbox: Mailbox, path: str, values: dict[str, str]
) -> None:
    person.sign_up(ANN)
    caches["default"].clear()  # else no second mail within three minutes, and that is said
    pages = [
        Person(mailbox).fill(path, email=address, **values).replace(address, "")
        for address in (ANN, "eve@example.org")
    ]
    assert without_tokens(pages[0]) == without_tokens(pages[1])
    assert "code" not in mailbox.last(ANN) or path != "/account/signup/"


def without_tokens(page: str) -> list[str]:
    return [line for line in page.splitlines() if "csrfmiddlewaretoken" not in line]


def test_a_wrong_password_and_an_unknown_address_read_alike(
    person: Person, stranger: Person
) -> None:
    person.sign_up(ANN)
    pages = [
        stranger.log_in(address, "wrong").replace(address, "")
        for address in (ANN, "eve@example.org")
    ]
    assert "errorlist" in pages[0]
    assert without_tokens(pages[0]) == without_tokens(pages[1])


def test_logging_in_gives_a_new_session_and_logging_out_ends_it(person: Person) -> None:
    person.sign_up(ANN)
    person.log_out()
    assert not person.logged_in
    person.page("/account/login/")
    session = person.client.session
    session["kept"] = "from before"
    session.save()
    before = session.session_key
    person.client.cookies[settings.SESSION_COOKIE_NAME] = str(before)
    person.log_in(ANN)
    assert person.logged_in
    member_session = person.client.session.session_key
    assert member_session != before
    person.log_out()
    person.client.cookies[settings.SESSION_COOKIE_NAME] = str(member_session)
    assert not person.logged_in


def test_a_forgotten_password_is_set_anew_by_a_mailed_code(
    person: Person, stranger: Person, mailbox: Mailbox
) -> None:
    person.sign_up(ANN)
    person.log_out()
    person.fill("/account/password/reset/", email=ANN)
    person.fill("/account/password/reset/confirm/", code=mailbox.code(ANN))
    person.fill(
        "/account/password/reset/complete/",
        password1="an entirely new one",
        password2="an entirely new one",
    )
    stranger.log_in(ANN)
    assert not stranger.logged_in
    stranger.log_in(ANN, "an entirely new one")
    assert stranger.logged_in


def test_another_address_holds_once_its_code_is_typed(
    person: Person, stranger: Person, mailbox: Mailbox
) -> None:
    person.sign_up(ANN)
    person.fill("/account/reauthenticate/", password=PASSWORD)
    person.fill("/account/email/", email="ann@example.net", action_add="")
    assert Member.objects.get().email == ANN
    person.fill("/account/confirm-email/", code=mailbox.code("ann@example.net"))
    assert Member.objects.get().email == "ann@example.net"
    stranger.log_in(ANN)
    assert not stranger.logged_in
    stranger.log_in("ann@example.net")
    assert stranger.logged_in


def test_guessing_passwords_ends_soon(person: Person, stranger: Person) -> None:
    person.sign_up(ANN)
    answers = [
        stranger.client.post("/account/login/", {"login": ANN, "password": f"guess {n}"})
        for n in range(6)
    ]
    assert "That was too often" in answers[-1].content.decode()
    stranger.log_in(ANN)
    assert not stranger.logged_in


def test_the_admin_has_the_same_log_in(person: Person, stranger: Person) -> None:
    Member.objects.create_superuser("operator", "operator@example.org", PASSWORD)
    assert 'name="login"' in person.page("/admin/")
    person.log_in("operator")
    assert "needs an authenticator app" in person.page("/admin/")
    stranger.sign_up(ANN)
    stranger.page("/admin/", status=403)
