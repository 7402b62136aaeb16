"""Real PostgreSQL and Redis for every test that asks for them."""

import asyncio
import json
import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import hypothesis
import pytest
from playwright.sync_api import Browser, BrowserContext, expect
from pytest_django import Settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

from arena.embedded.folder import DataFolder
from arena.embedded.supervisor import Site, free_port
from tests.arena_settings import ChangeSettings
from tests.drawn import examples, runs_whole, seed
from tests.openai_server import OpenAIServer
from tests.servers import empty_redis, postgres_running, redis_running, remove_folder
from tests.speed import seconds, unit

RANDOM_INPUTS = 1_000  # of each fuzzer that names no other number
BROWSER_SECONDS = 30  # for what a page shall show or do

# Asserts of the tests' helpers say what they compared, as those of the tests do.
pytest.register_assert_rewrite(
    *{f"tests.{entry.stem}" for entry in Path(__file__).parent.glob("[a-z]*")} - sys.modules.keys()
)


def pytest_configure(config: pytest.Config) -> None:
    import django

    hypothesis.settings.register_profile(
        "arena", max_examples=examples(RANDOM_INPUTS), deadline=None
    )
    hypothesis.settings.load_profile("arena")
    unit()  # before the workers of a parallel run start, which take it over
    django.setup()
    config.pluginmanager.register(import_module("tests.factories"))
    expect.set_options(timeout=1000 * seconds(BROWSER_SECONDS))


def pytest_report_header() -> list[str]:
    cases = f"a tenth of each kind, drawn by {seed()} (all: ARENA_TEST_FULL=1)"
    return [
        f"speed: work takes {unit():.1f} times as long as on a laptop, and so may tests",
        f"galleries: {'every case' if runs_whole() else cases}",
    ]


def pytest_unconfigure() -> None:
    remove_folder()


class BySite(LoadScopeScheduling):  # type: ignore[misc]  # untyped
    """Gives a worker a file of tests at a time, or all the files that share a running site."""

    def _split_scope(self, nodeid: str) -> str:
        return site_of(nodeid) or nodeid.partition("::")[0]


def site_of(nodeid: str) -> str | None:
    """The site that a test shares with tests of other files."""
    sites = {
        "paced": ("tests/battles/test_kills.py", "tests/battles/test_unmasking.py"),
        "stage": ("tests/e2e/",),
    }
    return next((site for site, paths in sites.items() if nodeid.startswith(paths)), None)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> BySite:
    return BySite(config, log)


@pytest.hookimpl(wrapper=True)
def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> Iterator[None]:
    """What shares a site goes first, for it takes longest and one process runs all of it.

    A test may take longer on a slow machine before it counts as hanging.
    """
    yield
    chosen = config.getoption("timeout")
    usual = float(config.getini("timeout")) if chosen is None else chosen
    for item in items:
        marker = item.get_closest_marker("timeout")
        nominal = marker.args[0] if marker else usual
        item.add_marker(pytest.mark.timeout(seconds(nominal)), append=False)
    order = ["paced", "stage", None]
    items.sort(key=lambda item: order.index(site_of(item.nodeid)))


playwright_loop = pytest.StashKey[asyncio.AbstractEventLoop | None]()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Hide the event loop that Playwright leaves running from the tests without a browser.

    Beside a running loop no other can run, and Django's database refuses to work.
    """
    uses_browser = "playwright" in getattr(item, "fixturenames", ())
    loop = item.config.stash.get(playwright_loop, None)
    asyncio._set_running_loop(loop if uses_browser else None)


@pytest.fixture(scope="session")
def browser(browser: Browser, pytestconfig: pytest.Config) -> Iterator[Browser]:
    loop = asyncio._get_running_loop()
    pytestconfig.stash[playwright_loop] = loop
    yield browser
    asyncio._set_running_loop(loop)


@pytest.fixture
def context(context: BrowserContext) -> BrowserContext:
    context.set_default_timeout(1000 * seconds(BROWSER_SECONDS))
    return context


@pytest.fixture(scope="session")
def django_db_setup(django_test_environment: None, django_db_blocker: Any) -> Iterator[None]:
    """The database of this process, in place of the one that pytest-django would migrate."""
    with postgres_running():
        yield
        from django.db import connections
        from django.db.backends.postgresql.base import DatabaseWrapper

        connection = connections["default"]
        assert isinstance(connection, DatabaseWrapper)
        with django_db_blocker.unblock():
            connection.close_pool()


@pytest.fixture
def database_environment(transactional_db: None) -> dict[str, str]:
    """The environment of a process of its own that works on the test's database."""
    return dict(os.environ)


@pytest.fixture(scope="session")
def _redis_server() -> Iterator[None]:
    with redis_running():
        yield


@pytest.fixture
def arena_settings(settings: Settings) -> ChangeSettings:
    """Changes settings of the arena for this test; see tests/arena_settings.py."""

    def change(**changes: Any) -> None:
        settings.ARENA = settings.ARENA.changed(**changes)

    return change


@pytest.fixture(autouse=True)
def _empty_redis(_redis_server: None) -> Iterator[None]:
    yield
    empty_redis()


@pytest.fixture(scope="session")
def openai_server() -> Iterator[OpenAIServer]:
    """An endpoint that behaves as the model id of a request says; see its BEHAVIOURS."""
    with OpenAIServer() as server:
        yield server


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The system's Chromium where there is one, else Playwright's own."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return {
        "executable_path": next(filter(None, map(shutil.which, names)), None),
        "args": ["--no-sandbox", "--disable-quic", "--disable-background-networking"],
    }


def write_catalogue(file: Path, base_url: str, behaviours: dict[str, str]) -> Path:
    """A catalogue file whose contestants, by slug, behave as the test server's model ids say."""
    file.write_text(
        json.dumps(
            [
                {
                    "slug": slug,
                    "name": slug.replace("-", " ").capitalize(),
                    "organisation": "The tests",
                    "licence": "Apache-2.0",
                    "description": f"Answers as the test server does for {behaviour}.",
                    "base_url": base_url,
                    "model_id": behaviour,
                }
                for slug, behaviour in behaviours.items()
            ]
        )
    )
    return file


@contextmanager
def running_site(catalogue_file: Path, **env: str) -> Iterator[Site]:
    """The whole site as real processes, on a data folder of its own.

    `site.children["generation"].kill()` kills a process, `site.launch("generation")` starts it
    again, `site.postgres.url("arena")` is its database.
    """
    with TemporaryDirectory(prefix="arena-site-") as path:
        folder = DataFolder(Path(path))
        folder.make()
        site = Site(folder, port=free_port(), catalogue_file=catalogue_file, env=env)
        try:
            site.start()
            yield site
        finally:
            site.stop()


# For sites whose tests open far more battles from one address than a visitor would, by programs
# that agree to nothing.
UNLIMITED = {
    "ARENA_RATE_OPEN": "",
    "ARENA_RATE_VOTE": "",
    "ARENA_NEWCOMERS": "",
    "ARENA_CONSENT_VERSION": "",
}


@pytest.fixture(scope="session")
def live_arena(openai_server: OpenAIServer, tmp_path_factory: Any) -> Iterator[Site]:
    """A site whose four contestants answer well and at once, by the test server."""
    file = tmp_path_factory.mktemp("catalogue") / "catalogue.json"
    slugs = ("one", "two", "three", "four")
    write_catalogue(file, openai_server.url, dict.fromkeys(slugs, "ok"))
    with running_site(file, **UNLIMITED) as site:
        yield site
