"""Every page takes the same few queries, and what is one's own reads no more rows, however much
there is.
"""

from collections.abc import Iterable, Iterator
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from django.core import signing
from django.core.cache import caches
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from django.db import connection
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

from arena.api.models import Scope
from arena.api.services import make_key
from arena.battles.history import EXPORTED_AT_A_TIME
from arena.battles.models import Battle, Image
from arena.contestants.models import Contestant
from arena.voters.identity import COOKIE, SALT
from arena.voters.models import Member, Voter
from ratings import services as ratings
from ratings.models import Board, Snapshot
from tests.factories import Registered, enter
from tests.pages.test_leaderboards import vote

PASSWORD = "correct horse battery staple"
FEW, MANY = 10, 10_000
ROWS = 200  # that a page of what is one's own may read

EXPORT_QUERIES = 9  # of a hundred battles

# The most queries of every page, by its name: a member's, of which four are of their session.
QUERIES = {
    "pages:arena": 9,
    "pages:side_by_side": 9,
    "pages:direct": 9,
    "pages:image": 4,
    "pages:battle": 17,
    "pages:leaderboard": 12,
    "pages:contestants": 5,
    "pages:contestant": 14,
    "pages:own_history": 11,
    "pages:own_leaderboard": 8,
    "pages:own_data": 5,
    "pages:own_erase": 8,
    "pages:record": 21,
    "pages:snapshot": 8,
    "pages:embed": 4,
    "pages:board_picture": 4,
    "pages:contestant_picture": 4,
    "pages:badge": 4,
    "pages:rank_feed": 2,
    "pages:conversations": 8,
    "pages:conversation": 9,
    "pages:about": 4,
    "pages:health": 1,
    "pages:-": 0,  # robots.txt
    "keys:own": 8,
    "moderation:rulings": 10,
    "moderation:transparency": 8,
    "moderation:transparency_json": 5,
    "account_signup": 2,
    "account_email": 9,
    "account_email_verification_sent": 2,
    "account_reset_password": 4,
    "account_confirm_password_reset_code": 1,
    "account_login": 2,
    "account_logout": 5,
    "account_inactive": 4,
    "account_reauthenticate": 10,
    "account_change_password": 5,
    "account_set_password": 2,
    "account_confirm_login_code": 2,
    "account_complete_password_reset": 1,
    "account_password_reset_completed": 4,
    "mfa_index": 7,
    "mfa_authenticate": 2,
    "mfa_reauthenticate": 10,
    "mfa_activate_totp": 9,
    "mfa_deactivate_totp": 10,
    "mfa_view_recovery_codes": 9,
    "mfa_generate_recovery_codes": 8,
    "mfa_list_webauthn": 6,
    "mfa_add_webauthn": 9,
    "mfa_reauthenticate_webauthn": 5,
    "socialaccount_login_cancelled": 4,
    "socialaccount_login_error": 4,
    "socialaccount_signup": 1,
    "socialaccount_connections": 8,
}
OWN = {
    "pages:battle",
    "pages:own_history",
    "pages:own_leaderboard",
    "pages:own_data",
    "pages:image",
}
OWN |= {"pages:conversations", "pages:conversation", "moderation:rulings"}
# Not read as a page: sent as a form, a file, or asked by a script in the middle of a log-in.
NO_PAGES = {
    "pages:withdraw",
    "pages:report",
    "pages:own_export",  # a stream: the longer, the more of the same queries
    "keys:revoke",
    "exports:file",
    "exports:library",
    "exports:notebook",
    "pages:verify",  # leads to a part of the public record
    "moderation:appeal",
    "mfa_download_recovery_codes",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "mfa_login_webauthn",
    "openid_connect_login",
    "openid_connect_callback",
}
# Behind a role, with tests of their own.
ELSEWHERE = ("admin/", "api/", "moderation/", ".well-known/", "accounts/social/")


def addresses(
    patterns: Iterable[URLPattern | URLResolver], space: str = "", before: str = ""
) -> Iterator[str]:
    """The names of all pages of the site."""
    for each in patterns:
        path = before + str(each.pattern)
        if path.startswith(ELSEWHERE):
            continue
        if isinstance(each, URLResolver):
            inner = f"{space}{each.namespace}:" if each.namespace else space
            yield from addresses(each.url_patterns, inner, path)
        else:
            yield f"{space}{each.name or '-'}"


def test_every_page_has_a_row() -> None:
    assert set(addresses(get_resolver().url_patterns)) == QUERIES.keys() ^ NO_PAGES


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


def add_contestants(number: int) -> None:
    made = enter(
        [
            Contestant(slug=f"more-{n}", name=f"More {n}", organisation="Many", state="active")
            for n in range(number)
        ]
    )
    vote(["overall", "code"], made[0], made[1], "a b")


@pytest.fixture
def member(contestant: Registered) -> Member:
    """A member with a short history on a site with three contestants and a published board."""
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
        self.client = Client()
        self.client.cookies[COOKIE] = signing.dumps(str(voter.pk), salt=SALT)
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

    def costs(self) -> dict[str, tuple[int, int]]:
        return {name: self.cost(name) for name in QUERIES}

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


@pytest.mark.django_db
def test_no_page_asks_for_more_where_there_is_more(member: Member) -> None:
    guest = Voter.objects.create()
    fill(guest, FEW)
    readers = Reader(member.voter, member), Reader(guest)
    few = [reader.costs() for reader in readers]
    export = readers[1].cost("pages:own_export")
    fill(member.voter, MANY)
    fill(guest, FEW + 2 * EXPORTED_AT_A_TIME)
    add_contestants(100)
    for _ in range(3):
        renew(member)
    for before, after in zip(few, [reader.costs() for reader in readers], strict=True):
        before["pages:own_leaderboard"] = QUERIES["pages:own_leaderboard"], 0  # from 30 votes on
        assert {n: (before[n][0], q) for n, (q, _) in after.items() if q > before[n][0]} == {}
        assert {name: q for name, (q, _) in after.items() if q > QUERIES[name]} == {}
        assert {name: after[name][1] for name in OWN if after[name][1] > ROWS} == {}
    longer = readers[1].cost("pages:own_export")
    assert longer[0] - export[0] == 2 * EXPORT_QUERIES
