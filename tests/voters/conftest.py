"""People with accounts, and the mail server that their mails go to."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from django.test import Client
from pytest_django import Settings

from arena.embedded.supervisor import free_port
from tests.factories import Registered

PASSWORD = "correct horse battery staple"


@dataclass
class Mailbox:
    """A real SMTP server on loopback that keeps what it is sent."""

    mails: list[EmailMessage] = field(default_factory=list)

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        mail = message_from_bytes(content, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.mails.append(mail)
        return "250 OK"

    def last(self, address: str) -> str:
        """The text of the newest mail to an address."""
        mail = next(mail for mail in reversed(self.mails) if mail["To"] == address)
        return str(mail.get_content())

    def code(self, address: str) -> str:
        found = re.search(r"^([A-Z0-9]{4}-[A-Z0-9]{4})\r?$", self.last(address), re.MULTILINE)
        assert found is not None, self.last(address)
        return found[1]


@pytest.fixture(scope="session")
def _mail_server() -> Iterator[tuple[Mailbox, int]]:
    mailbox, port = Mailbox(), free_port()
    controller = Controller(mailbox, hostname="127.0.0.1", port=port)
    controller.start()
    yield mailbox, port
    controller.stop()


@pytest.fixture
def mailbox(_mail_server: tuple[Mailbox, int], settings: Settings) -> Mailbox:
    mailbox, port = _mail_server
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    mailbox.mails.clear()
    return mailbox


class Person:
    """Someone at a browser of their own."""

    def __init__(self, mailbox: Mailbox) -> None:
        self.client = Client()
        self._mailbox = mailbox
        self.way_back: re.Match[str] | None = None  # a link shown after adding a second factor

    def page(self, path: str, status: int = 200) -> str:
        response = self.client.get(path, follow=True)
        assert response.status_code == status, response.content.decode()
        return str(response.content.decode())

    def fill(self, path: str, **values: Any) -> str:
        """Send a form; the page that comes in the end."""
        response = self.client.post(path, values, follow=True)
        assert response.status_code == 200, response.content.decode()
        return str(response.content.decode())

    def sign_up(self, address: str) -> str:
        self.fill("/account/signup/", email=address, password1=PASSWORD)
        return self.confirm(address)

    def confirm(self, address: str) -> str:
        return self.fill("/account/confirm-email/", code=self._mailbox.code(address))

    def log_in(self, login: str, password: str = PASSWORD) -> str:
        return self.fill("/account/login/", login=login, password=password)

    def log_out(self) -> None:
        self.fill("/account/logout/")

    @property
    def logged_in(self) -> bool:
        return 'href="/account/login/"' not in self.page("/about/")

    def open_battle(self, prompt: str = "Why is the sky blue?") -> dict[str, Any]:
        response = self.client.post(
            "/api/v1/battles", {"prompt": prompt}, content_type="application/json"
        )
        assert response.status_code == 201, response.content
        battle: dict[str, Any] = response.json()
        return battle

    def sees(self, battle: dict[str, Any]) -> bool:
        """Whether the API and the page show the battle, and they agree."""
        api = self.client.get(f"/api/v1/battles/{battle['id']}").status_code
        page = self.client.get(battle["url"]).status_code
        assert api == page
        return api == 200


@pytest.fixture
def person(mailbox: Mailbox, db: None) -> Person:
    return Person(mailbox)


@pytest.fixture
def stranger(mailbox: Mailbox, db: None) -> Person:
    return Person(mailbox)


@pytest.fixture
def contestants(db: None, contestant: Registered) -> None:
    contestant("one"), contestant("two")
