"""Attempts to log in are limited, and neither limits nor mails' records keep an address."""

import pytest
import redis
from pytest_django import Settings

from tests.arena_settings import ChangeSettings
from tests.servers import redis_url
from tests.voters.conftest import PASSWORD, Mailbox, Person

ANN = "ann@example.org"


def test_too_many_attempts_are_told_when_to_come_back(
    person: Person, mailbox: Mailbox, arena_settings: ChangeSettings, settings: Settings
) -> None:
    person.sign_up(ANN)
    arena_settings(rate_enter={"network": (2, 600)})
    wrong = [
        Person(mailbox).fill("/account/login/", login=ANN, password=f"wrong {number}")
        for number in range(3)
    ]
    assert ["Please come back in 5 minutes." in page for page in wrong] == [False, False, True]
    late = Person(mailbox)
    late.fill("/account/login/", login=ANN, password=PASSWORD)
    assert not late.logged_in


def test_sign_ups_and_mailed_codes_have_a_limit_of_their_own(
    person: Person, mailbox: Mailbox, arena_settings: ChangeSettings, settings: Settings
) -> None:
    arena_settings(rate_mail={"network": (2, 600)})
    person.sign_up(ANN)  # the form, and its code
    stranger = Person(mailbox).client
    mails = len(mailbox.mails)
    for path in ("/account/signup/", "/account/password/reset/"):
        assert stranger.get(path).status_code == 200
        refused = stranger.post(path, {"email": "bo@example.org", "password1": PASSWORD})
        assert refused.status_code == 429
        assert 240 < int(refused.headers["Retry-After"]) <= 300
        assert "Please come back in 5 minutes." in refused.content.decode()
    assert len(mailbox.mails) == mails


@pytest.mark.parametrize("address", ["198.51.100.77", "2001:db8:77::5"])
def test_no_address_is_kept_and_the_member_is_mailed_their_own(
    person: Person, mailbox: Mailbox, address: str
) -> None:
    person.client.defaults["REMOTE_ADDR"] = address
    person.sign_up(ANN)
    person.fill("/account/login/", login=ANN, password="wrong")
    person.fill(
        "/account/password/change/",
        oldpassword=PASSWORD,
        password1="another horse altogether",
        password2="another horse altogether",
    )
    assert f"IP address: {address}" in mailbox.last(ANN)
    with redis.Redis.from_url(redis_url()) as client:
        keys = list(client.scan_iter())
        kept = [*keys, *(client.dump(key) for key in keys)]
    assert len(keys) > 2
    assert not any(part in str(kept) for part in ("198.51", "2001:db8"))
