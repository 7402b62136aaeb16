"""Authenticator apps and recovery codes; passkeys are in tests/e2e."""

import re
import time

import pytest
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from django.contrib.auth.models import AnonymousUser
from django.contrib.messages import get_messages
from django.contrib.messages.middleware import MessageMiddleware
from django.contrib.sessions.middleware import SessionMiddleware
from django.core.management import call_command
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from pytest_django import Settings

from arena.voters.accounts.decorators import second_factor_required
from arena.voters.models import Member
from arena.voters.selectors import has_second_factor
from tests.arena_settings import ChangeSettings
from tests.authenticator import totp
from tests.members import add_second_factor
from tests.voters.conftest import PASSWORD, Person

ANN = "ann@example.org"


def add_authenticator_app(person: Person) -> str:
    """The secret that the app keeps."""
    person.fill("/account/reauthenticate/", password=PASSWORD)
    page = person.page("/account/2fa/totp/activate/")
    found = re.search(r'id="authenticator_secret" value="([A-Z2-7]+)"', page)
    assert found is not None, page
    assert 'src="data:image/svg+xml' in page
    codes = person.fill("/account/2fa/totp/activate/", code=totp(found[1], time.time()))
    person.way_back = re.search(r'<a href="([^"]+)">Go on to the page', codes)
    return found[1]


def test_an_authenticator_app_is_asked_at_every_log_in(person: Person) -> None:
    person.sign_up(ANN)
    member = Member.objects.get()
    assert not has_second_factor(member)
    secret = add_authenticator_app(person)
    assert has_second_factor(member)
    person.log_out()
    person.log_in(ANN)
    assert not person.logged_in
    person.fill("/account/2fa/authenticate/", code="000000")
    assert not person.logged_in
    person.fill("/account/2fa/authenticate/", code=totp(secret, time.time() + 30))
    assert person.logged_in


def test_a_recovery_code_opens_once(person: Person, stranger: Person) -> None:
    person.sign_up(ANN)
    add_authenticator_app(person)
    shown = person.page("/account/2fa/recovery-codes/")
    code = re.search(r"^[0-9]{8}$", shown, re.MULTILINE) or re.search(r">([0-9]{8})", shown)
    assert code is not None, shown
    used = code[code.lastindex or 0]
    person.log_out()
    person.log_in(ANN)
    person.fill("/account/2fa/authenticate/", code=used)
    assert person.logged_in
    stranger.log_in(ANN)
    stranger.fill("/account/2fa/authenticate/", code=used)
    assert not stranger.logged_in


def test_secrets_are_encrypted_at_rest(person: Person) -> None:
    person.sign_up(ANN)
    secret = add_authenticator_app(person)
    kept = {row.type: row.data for row in Authenticator.objects.all()}
    assert set(kept) == {Authenticator.Type.TOTP, Authenticator.Type.RECOVERY_CODES}
    assert secret not in str(kept)
    assert kept[Authenticator.Type.TOTP]["secret"].startswith("gAAAA")
    assert kept[Authenticator.Type.RECOVERY_CODES]["seed"].startswith("gAAAA")


def test_a_new_encryption_key_takes_over(
    person: Person, arena_settings: ChangeSettings, settings: Settings
) -> None:
    old, new = settings.ARENA.encryption_keys[0], Fernet.generate_key().decode()
    person.sign_up(ANN)
    secret = add_authenticator_app(person)
    arena_settings(encryption_keys=[new, old])
    call_command("reencrypt_second_factors")
    arena_settings(encryption_keys=[new])
    person.log_out()
    person.log_in(ANN)
    person.fill("/account/2fa/authenticate/", code=totp(secret, time.time() + 30))
    assert person.logged_in


def test_an_operator_with_a_second_factor_needs_it_for_the_admin(
    person: Person, stranger: Person
) -> None:
    Member.objects.create_superuser("operator", "operator@example.org", PASSWORD)
    person.log_in("operator")
    add_authenticator_app(person)
    assert "Recent actions" in person.page("/admin/")
    stranger.log_in("operator")
    assert "Recent actions" not in stranger.page("/admin/")


@pytest.mark.django_db(transaction=True)  # the way back is offered when the factor is kept
def test_an_operator_without_one_is_led_to_add_one_and_back(person: Person) -> None:
    """The first operator, whom `make admin` makes, has none yet."""
    Member.objects.create_superuser("operator", "operator@example.org", PASSWORD)
    wanted = "/admin/voters/member/"
    person.client.get(wanted)
    person.log_in("operator")
    shown = person.page(wanted)
    assert "needs an authenticator app or a passkey" in shown and "Recent actions" not in shown
    add_authenticator_app(person)
    assert person.way_back is not None and person.way_back[1] == wanted
    assert "Select user to change" in person.page(wanted)


@pytest.mark.parametrize("path", ["", "voters/member/", "voters/member/add/", "password_change/"])
@pytest.mark.parametrize("method", ["get", "post"])
def test_no_page_of_the_admin_opens_without_a_second_factor(
    client: Client, path: str, method: str, db: None
) -> None:
    client.force_login(Member.objects.create_superuser("operator"))
    response = getattr(client, method)(f"/admin/{path}")
    assert response.status_code == 302 and response.headers["Location"] == "/account/2fa/"
    add_second_factor(Member.objects.get())
    assert getattr(client, method)(f"/admin/{path}").status_code in {200, 405}


def call(member: Member | AnonymousUser) -> tuple[HttpResponse, HttpRequest]:
    """What a view that needs a second factor answers."""

    @second_factor_required
    def view(request: HttpRequest, word: str) -> HttpResponse:
        return HttpResponse(word)

    request = RequestFactory().get("/moderation/")
    SessionMiddleware(lambda _: HttpResponse()).process_request(request)
    MessageMiddleware(lambda _: HttpResponse()).process_request(request)
    request.user = member
    response = view(request, word="open")
    assert isinstance(response, HttpResponse)
    return response, request


@pytest.mark.django_db
def test_a_view_can_ask_for_a_second_factor() -> None:
    anybody, _ = call(AnonymousUser())
    assert anybody.headers["Location"].startswith("/account/login/?next=/moderation/")
    member = Member.objects.create_user("ann", ANN)
    refused, request = call(member)
    assert refused.headers["Location"] == "/account/2fa/"
    assert "passkey" in str(next(iter(get_messages(request))))
    Authenticator.objects.create(
        user=member, type=Authenticator.Type.RECOVERY_CODES, data={"seed": "", "used_mask": 0}
    )
    assert call(member)[0].status_code == 302  # codes on paper are no second factor by themselves
    add_second_factor(member)
    assert call(member)[0].content == b"open"
