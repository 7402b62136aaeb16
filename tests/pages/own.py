"""A member with as many battles as a test wants, and a reader of their pages."""

from collections.abc import Iterable
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.urls import reverse

from arena.api.keys.services import make_key
from arena.api.models import Scope
from arena.battles.models import Battle, Image
from arena.contestants.models import Contestant
from arena.leaderboards.boards import register_boards
from arena.leaderboards.fitting import refit_changed
from arena.leaderboards.models import Board, Snapshot
from arena.leaderboards.publishing import publish
from arena.voters.models import Member, Voter
from tests.factories import Registered, count_votes, make_history
from tests.members import as_voter

PASSWORD = "correct horse battery staple"


FEW = 20  # a minute apart: some of their votes are weighed, some not yet


MANY = 10_000


def fill(voter: Voter, until: int) -> None:
    """Give a voter so many battles, voted on and public."""
    anna, bert, carl = (Contestant.objects.get(slug=slug) for slug in ("anna", "bert", "carl"))
    missing = until - Battle.objects.filter(voter=voter).count()
    make_history(voter, [(anna, bert), (anna, carl)], missing, turns=2, are_voted=True)


def make_member(contestant: Registered) -> Member:
    """Make a member with a short history on a site with three contestants and a published board."""
    register_boards()
    anna, bert, _carl = (contestant(slug, takes_images=True) for slug in ("anna", "bert", "carl"))
    count_votes(["overall", "code", "lang-en"], anna, bert, "a a b")
    made = Member.objects.create(
        username="ann", email="ann@example.org", password=make_password(PASSWORD)
    )
    EmailAddress.objects.create(user=made, email=made.email, primary=True, verified=True)
    fill(Voter.objects.create(member=made), FEW)
    renew(made)
    return made


def renew(member: Member) -> None:
    """Something more of all that is not a battle."""
    publish(Board.objects.get(slug="overall"))
    refit_changed(seconds=60)
    make_key(member, "A program", [Scope.READ])


class Reader:
    """Somebody at a browser, and what their pages ask of the database."""

    def __init__(self, voter: Voter, member: Member | None = None) -> None:
        self.client = as_voter(voter)
        if member:
            form = {"login": member.email, "password": PASSWORD}
            assert self.client.post("/account/login/", form).status_code == 302
            TOTP.activate(member, "JBSWY3DPEHPK3PXP")
            RecoveryCodes.activate(member)
        newest = Battle.objects.filter(voter=voter).latest("created_at")
        turn = newest.turns.all()[0]
        name = storages["images"].save("x.png", ContentFile(b"An image."))
        image = Image.objects.create(turn=turn, name=name, width=1, height=1)
        self.values: dict[str, dict[str, Any]] = {
            "pages:image": {"image_id": image.pk},
            "pages:battle": {"battle_id": newest.pk},
            "pages:conversation": {"battle_id": newest.pk},
            "pages:leaderboard": {"slug": "code"},
            "pages:contestant": {"slug": "anna"},
            "pages:embed": {"slug": "overall"},
            "pages:snapshot": {"snapshot_id": Snapshot.objects.latest("pk").pk},
            "pages:board_picture": {"slug": "overall"},
            "pages:contestant_picture": {"slug": "anna"},
            "pages:badge": {"slug": "anna"},
        }

    def costs(self, names: Iterable[str]) -> dict[str, tuple[int, int]]:
        return {name: self.cost(name) for name in names}

    def cost(self, name: str) -> tuple[int, int]:
        """The queries of a page, with nothing cached, and the rows that they gave."""
        rows: list[int] = []

        def note(execute: Any, sql: Any, params: Any, many: bool, context: Any) -> Any:
            result = execute(sql, params, many, context)
            rows.append(max(0, context["cursor"].rowcount))
            return result

        path = "/robots.txt" if name == "pages:-" else reverse(name, kwargs=self.values.get(name))
        for cache in caches.all():
            cache.clear()
        with connection.execute_wrapper(note):
            response = self.client.get(path)
            if response.streaming:
                with pytest.warns(Warning, match="consume asynchronous iterators"):
                    b"".join(response)
        assert response.status_code in {200, 302} or name == "socialaccount_login_error", name
        return len(rows), sum(rows)
