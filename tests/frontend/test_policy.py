"""Pages keep to the site's strict content security policy; their files and modules are there."""

import re
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template.loader import render_to_string
from django.test import Client, override_settings

from arena.leaderboards.boards import register_boards
from tests.factories import Registered
from tests.frontend.policy import check

PAGES = [
    "/",
    "/account/login/",
    "/account/signup/",
    "/account/password/reset/",
    "/account/battles/",
    "/account/leaderboard/",
    "/account/data/",
    "/account/erase/",
    "/direct/",
    "/leaderboard/",
    "/contestants/",
    "/contestants/left/",
    "/about/",
    "/no-such-page/",
]
IMPORT = re.compile(r"""^(?:import|export)\b[^;]*?\bfrom\s*["'](\.[^"']+)["']""", re.MULTILINE)


@pytest.mark.parametrize("path", PAGES)
def test_pages_hold_nothing_inline(
    db: None, client: Client, contestant: Registered, path: str
) -> None:
    contestant("left")
    register_boards()
    check(client.get(path).content.decode())


def test_the_page_of_a_server_error_needs_nothing() -> None:
    check(render_to_string("500.html"))


def test_modules_import_each_other_under_their_hashed_names(tmp_path: Path) -> None:
    with override_settings(
        STATIC_ROOT=tmp_path,
        STATICFILES_DIRS=[settings.BASE_DIR / "frontend" / "static"],
        STORAGES={
            **settings.STORAGES,
            "staticfiles": {"BACKEND": "arena.pages.storage.ModuleManifestStorage"},
        },
    ):
        call_command("collectstatic", interactive=False, verbosity=0)

    modules = [
        path
        for path in (tmp_path / "js").rglob("*.js")
        if re.fullmatch(r"\w+\.[0-9a-f]{12}\.js", path.name)
    ]
    imports = [
        (path.parent / name).resolve()
        for path in modules
        for name in IMPORT.findall(path.read_text())
    ]
    assert len(imports) >= 20
    for imported in imports:
        assert imported.is_file()
        assert re.fullmatch(r".+\.[0-9a-f]{12}\.js", imported.name)
