"""Logging in by an operator's OpenID provider: a real one, on loopback."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import requests
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.core.cache import caches
from oidc_provider_mock import User, run_server_in_thread
from pytest_django import Settings

from arena.settings.parts.accounts import openid_providers
from arena.settings.parts.security import origins
from arena.settings.schema.deployment import DeploymentSettings
from arena.voters.models import Member, Voter
from tests.speed import seconds
from tests.voters.conftest import PASSWORD, Mailbox, Person

USERS = (
    User(sub="ann", claims={"email": "ann@example.org", "email_verified": True}),
    User(sub="bob", claims={"email": "bob@example.org", "email_verified": False}),
)


@dataclass(frozen=True)
class Provider:
    url: str


@pytest.fixture(scope="module")
def _provider_server() -> Iterator[str]:
    with run_server_in_thread(user_claims=USERS) as server:
        yield f"http://localhost:{server.server_port}"


@pytest.fixture
def provider(_provider_server: str, settings: Settings) -> Provider:
    deployment = DeploymentSettings(
        oidc_server_url=_provider_server,
        oidc_name="The name",
        oidc_client_id="The client_id",
        oidc_client_secret="The client_secret",
    )
    settings.SOCIALACCOUNT_PROVIDERS = {
        "openid_connect": {"OAUTH_PKCE_ENABLED": True, "APPS": openid_providers(deployment)}
    }
    return Provider(_provider_server)


def log_in(person: Person, provider: Provider, sub: str, process: str = "login") -> str:
    """As the browser goes: to the provider, where the person agrees, and back; the last page."""
    begun = person.client.post(f"/account/oidc/provider/login/?process={process}")
    address = begun.headers["Location"]
    assert address.startswith(f"{provider.url}/oauth2/authorize?")
    assert "code_challenge=" in address
    agreed = requests.post(address, data={"sub": sub}, allow_redirects=False, timeout=seconds(60))
    back = agreed.headers["Location"].removeprefix("http://testserver")
    assert back.startswith("/account/oidc/provider/login/callback/?")
    return person.page(back)


def test_a_first_log_in_makes_the_account_and_keeps_the_guest(
    person: Person, provider: Provider, contestants: None
) -> None:
    assert "The name" in person.page("/account/login/")
    battle = person.open_battle()
    log_in(person, provider, "ann")
    assert person.logged_in
    assert EmailAddress.objects.get(email="ann@example.org").verified
    assert person.sees(battle)
    assert Voter.objects.get().member == Member.objects.get()


def test_the_same_person_comes_back_to_the_same_account(
    person: Person, stranger: Person, provider: Provider
) -> None:
    log_in(person, provider, "ann")
    log_in(stranger, provider, "ann")
    assert stranger.logged_in
    assert Member.objects.count() == 1


def test_an_address_that_the_provider_does_not_vouch_for_is_verified(
    person: Person, provider: Provider, mailbox: Mailbox
) -> None:
    log_in(person, provider, "bob")
    assert not person.logged_in
    person.confirm("bob@example.org")
    assert person.logged_in


def test_a_providers_word_takes_over_no_account(
    person: Person, stranger: Person, provider: Provider
) -> None:
    person.sign_up("ann@example.org")
    caches["default"].clear()  # a second mail within three minutes would be refused
    log_in(stranger, provider, "ann")
    assert not stranger.logged_in
    person.fill("/account/reauthenticate/", password=PASSWORD)
    log_in(person, provider, "ann", "connect")
    assert SocialAccount.objects.get().user == Member.objects.get()
    log_in(stranger, provider, "ann")
    assert stranger.logged_in


def test_a_reply_that_nobody_asked_for_logs_nobody_in(person: Person, provider: Provider) -> None:
    person.page("/account/oidc/provider/login/callback/?code=stolen&state=forged", status=401)
    assert not person.logged_in


def test_without_a_provider_there_is_none(person: Person) -> None:
    assert "oidc" not in person.page("/account/login/")
    person.page("/account/oidc/provider/login/", status=404)
    assert openid_providers(DeploymentSettings()) == []
    assert origins("") == []
    assert origins("https://id.example/realms/one") == ["https://id.example"]
