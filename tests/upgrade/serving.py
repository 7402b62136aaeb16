"""A site of a data folder, upgraded to the present code, of which only the web server runs."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from arena.embedded.folder import DataFolder
from arena.embedded.supervisor import ROOT, Site, free_port

NO_CONTESTANTS = ROOT / "arena" / "workbench" / "demo" / "no_contestants.json"
OPEN = {"ARENA_RATE_READ": "", "ARENA_CONSENT_VERSION": ""}


def site_on(folder: Path, **env: str) -> Site:
    return Site(
        DataFolder(folder), port=free_port(), catalogue_file=NO_CONTESTANTS, env={**OPEN, **env}
    )


@contextmanager
def serving(folder: Path, **env: str) -> Iterator[Site]:
    """Bring the site up to date as `make run` does, and serve it.

    No worker runs, so that it publishes nothing by itself.
    """
    site = site_on(folder, **env)
    site.data.make()
    try:
        site.launch("postgres")
        site.launch("redis")
        subprocess.run(
            [sys.executable, "-m", "arena.embedded.prepare", NO_CONTESTANTS],
            env=site.environment(),
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        site.launch("web")
        site.wait_until_ready("web")
        yield site
    finally:
        site.stop()


def address(site: Site) -> str:
    return site.url.rstrip("/")


def manage(site: Site, *words: str) -> str:
    """What a management command of the site says.

    Raises:
        subprocess.CalledProcessError: it failed.
    """
    return subprocess.run(
        [sys.executable, ROOT / "manage.py", *words],
        env=site.environment(),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
