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

from arena.api.models import Scope
from arena.api.services import make_key
from arena.battles.models import Battle, Image
from arena.voters.models import Member, Voter
from ratings import services as ratings
from ratings.models import Board, Snapshot
from tests.factories import Registered
from tests.members import as_voter
from tests.pages.boards import vote

PASSWORD = "correct horse battery staple"


FEW = 10


MANY = 10_000


def fill(voter: Voter, until: int) -> None:
    """Give a voter so many battles, voted on and public, a second apart."""
    with connection.cursor() as cursor:
        # Ten thousand rows of six tables: the rules that they keep have tests of their own.
        cursor.execute("SET LOCAL session_replication_role = replica")
        begin = Battle.objects.filter(voter=voter).count()
        cursor.execute(
            """
            INSERT INTO battles_battle (id, voter_id, contestant_a_id, contestant_b_id, mode, state,
                failure, is_check, by_program, created_at, finished_at, may_publish)
            SELECT gen_random_uuid(), %s, a.id, b.id, 'blind', 'voted', '', false, false,
                now() - n * interval '1 second', now(), true
            FROM generate_series(%s::int, %s) n
            JOIN contestants_contestant a ON a.slug = 'anna'
            JOIN contestants_contestant b ON b.slug = CASE n %% 2 WHEN 0 THEN 'bert' ELSE 'carl' END
            """,
            [voter.pk, begin + 1, until],
        )
        cursor.execute(
            """
            INSERT INTO battles_turn (battle_id, number, prompt, language, topics, dropped,
                created_at)
            SELECT id, n, 'A prompt of ' || id, 'en', '{code}', '', created_at
            FROM battles_battle battle CROSS JOIN generate_series(1, 2) n
            WHERE NOT EXISTS (SELECT FROM battles_turn WHERE battle_id = battle.id)
            """
        )
        cursor.execute(
            """
            INSERT INTO battles_answer (turn_id, side, state, text, attempt, queued_at, error,
                error_detail, finish_reason, removed, style_tokens, style_headers, style_lists,
                style_bold)
            SELECT id, side, 'complete', 'Yes.', 1, now(), '', '', 'stop', '{}', 1, 0, 0, 0
            FROM battles_turn turn CROSS JOIN unnest('{a,b}'::text[]) side
            WHERE NOT EXISTS (SELECT FROM battles_answer WHERE turn_id = turn.id)
            """
        )
        cursor.execute(
            """
            INSERT INTO battles_vote (battle_id, voter_id, outcome, turns, cast_at)
            SELECT id, voter_id, CASE extract(second FROM created_at)::int % 3
                WHEN 0 THEN 'a' WHEN 1 THEN 'b' ELSE 'tie' END, 2, created_at
            FROM battles_battle battle
            WHERE NOT EXISTS (SELECT FROM battles_vote WHERE battle_id = battle.id)
            """
        )
        cursor.execute(
            """
            INSERT INTO battles_votestanding (vote_id, standing, code, reason, created_at)
            SELECT id, 'counted', '', 'A test.', cast_at FROM battles_vote vote
            WHERE NOT EXISTS (SELECT FROM battles_votestanding WHERE vote_id = vote.id)
            """
        )
        cursor.execute(
            """
            INSERT INTO battles_conversation (battle_id, published_at, language, topics,
                contestants, words)
            SELECT id, created_at, 'en', '{code}', ARRAY[contestant_a_id, contestant_b_id],
                to_tsvector('simple', 'A prompt')
            FROM battles_battle battle
            WHERE NOT EXISTS (SELECT FROM battles_conversation WHERE battle_id = battle.id)
            """
        )
        cursor.execute("SET LOCAL session_replication_role = origin")
        cursor.execute(
            "ANALYZE battles_battle, battles_turn, battles_answer, battles_vote,"
            " battles_votestanding, battles_conversation"
        )


def make_member(contestant: Registered) -> Member:
    """Make a member with a short history on a site with three contestants and a published board."""
    ratings.register_boards()
    anna, bert, _carl = (contestant(slug, takes_images=True) for slug in ("anna", "bert", "carl"))
    vote(["overall", "code", "lang-en"], anna, bert, "a a b")
    made = Member.objects.create(
        username="ann", email="ann@example.org", password=make_password(PASSWORD)
    )
    EmailAddress.objects.create(user=made, email=made.email, primary=True, verified=True)
    fill(Voter.objects.create(member=made), FEW)
    renew(made)
    return made


def renew(member: Member) -> None:
    """Something more of all that is not a battle."""
    ratings.publish(Board.objects.get(slug="overall"))
    ratings.refit_changed(seconds=60)
    make_key(member, "A program", [Scope.READ])


class Reader:
    """Somebody at a browser, and what their pages ask of the database."""

    def __init__(self, voter: Voter, member: Member | None = None) -> None:
        self.client = as_voter(voter)
        if member:
            form = {"login": member.email, "password": PASSWORD}
            assert self.client.post("/accounts/login/", form).status_code == 302
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
