"""Every page takes the same few queries, and what is one's own reads no more rows, however much
there is.
"""

from collections.abc import Iterable, Iterator

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

from arena.battles.reading.history import EXPORTED_AT_A_TIME
from arena.contestants.models import Contestant
from arena.voters.models import Member, Voter
from tests.factories import Registered, count_votes, enter
from tests.pages.own import FEW, MANY, Reader, fill, make_member, renew

ROWS = 200  # that a page of what is one's own may read

EXPORT_QUERIES = 8  # of a hundred battles

# The most queries of every page, by its name: a member's, of which four are of their session.
QUERIES = {
    "pages:arena": 9,
    "pages:side_by_side": 9,
    "pages:direct": 9,
    "pages:image": 4,
    "pages:battle": 19,
    "pages:leaderboard": 12,
    "pages:contestants": 5,
    "pages:contestant": 15,
    "pages:account_history": 16,
    "pages:account_leaderboard": 8,
    "pages:account_data": 5,
    "pages:account_erase": 8,
    "pages:verification": 21,
    "pages:snapshot": 8,
    "pages:embed": 4,
    "pages:board_picture": 4,
    "pages:contestant_picture": 4,
    "pages:badge": 4,
    "pages:rank_feed": 2,
    "pages:conversations": 8,
    "pages:conversation": 9,
    "pages:about": 4,
    "pages:weights": 4,
    "pages:health": 1,
    "pages:-": 0,  # robots.txt
    "pages:account_keys": 8,
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
    "pages:account_history",
    "pages:account_leaderboard",
    "pages:account_data",
    "pages:image",
}
OWN |= {"pages:conversations", "pages:conversation", "moderation:rulings"}
# Not read as a page: sent as a form, a file, or asked by a script in the middle of a log-in.
NO_PAGES = {
    "pages:withdraw",
    "pages:report",
    "pages:account_export",  # a stream: the longer, the more of the same queries
    "pages:revoke_key",
    "exports:file",
    "exports:library",
    "exports:notebook",
    "moderation:appeal",
    "mfa_download_recovery_codes",
    "mfa_remove_webauthn",
    "mfa_edit_webauthn",
    "mfa_login_webauthn",
    "openid_connect_login",
    "openid_connect_callback",
}
# Behind a role, with tests of their own.
ELSEWHERE = ("admin/", "api/", "moderation/", ".well-known/", "account/social/")


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


def add_contestants(number: int) -> None:
    made = enter(
        [
            Contestant(slug=f"more-{n}", name=f"More {n}", organisation="Many", state="active")
            for n in range(number)
        ]
    )
    count_votes(["overall", "code"], made[0], made[1], "a b")


@pytest.fixture
def member(contestant: Registered) -> Member:
    """A member with a short history on a site with three contestants and a published board."""
    return make_member(contestant)


@pytest.mark.django_db
def test_no_page_asks_for_more_where_there_is_more(member: Member) -> None:
    guest = Voter.objects.create()
    fill(guest, FEW)
    readers = Reader(member.voter, member), Reader(guest)
    few = [reader.costs(QUERIES) for reader in readers]
    export = readers[1].cost("pages:account_export")
    fill(member.voter, MANY)
    fill(guest, FEW + 2 * EXPORTED_AT_A_TIME)
    add_contestants(100)
    for _ in range(3):
        renew(member)
    for before, after in zip(few, [reader.costs(QUERIES) for reader in readers], strict=True):
        before["pages:account_leaderboard"] = (
            QUERIES["pages:account_leaderboard"],
            0,
        )  # from 30 votes on
        assert {n: (before[n][0], q) for n, (q, _) in after.items() if q > before[n][0]} == {}
        assert {name: q for name, (q, _) in after.items() if q > QUERIES[name]} == {}
        assert {name: after[name][1] for name in OWN if after[name][1] > ROWS} == {}
    longer = readers[1].cost("pages:account_export")
    assert longer[0] - export[0] == 2 * EXPORT_QUERIES
