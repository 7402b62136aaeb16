"""`make demo`: a simulated site. The first run builds it, and keeps a copy for the next ones."""

import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

from arena.embedded.__main__ import EndedByOperator, end, run
from arena.embedded.errors import EmbeddedError
from arena.embedded.folder import DataFolder
from arena.embedded.processes.children import Child, kill_group
from arena.embedded.supervisor import DATABASE, HOST, ROOT, Site
from arena.settings.schema.loading import load
from arena.workbench.demo.plan import MEMBER, MODERATOR, OPERATOR, PASSWORD, SENIOR, totp_code

BUILD = ROOT / "build"
KEPT = BUILD / "demo-kept"
DATA = BUILD / "demo"
NO_CONTESTANTS = Path(__file__).with_name("no_contestants.json")
FAKE_ENDPOINT_PORT = 9001
SETTINGS = {
    "DJANGO_SETTINGS_MODULE": "arena.settings.demo",
    "ARENA_GOLD_ONE_IN": "50",
    "ARENA_CONSENT_VERSION": "",
}


def say(message: str) -> None:
    print(message, flush=True)


def site_on(folder: Path, **env: str) -> Site:
    return Site(
        DataFolder(folder),
        port=load().arena.port,
        catalogue_file=NO_CONTESTANTS,
        say=say,
        env={**SETTINGS, **env},
    )


def build(options: list[str]) -> None:
    """Build the simulated site in a folder of its own, and keep it.

    Raises:
        EmbeddedError: it could not be built; the text says what is in the way.
    """
    making = BUILD / "demo-making"
    shutil.rmtree(making, ignore_errors=True)
    site = site_on(making, ARENA_BUILDING_DEMO="1")
    site.data.make()
    with site.data.lock():
        try:
            site.launch("postgres")
            site.launch("redis")
            site.postgres.ensure_database(DATABASE)
            url = f"http://{HOST}:{FAKE_ENDPOINT_PORT}/v1"
            manage(site, "migrate", "--verbosity", "0")
            manage(site, "build_demo", url, *options)
        finally:
            site.stop()
    making.rename(KEPT)


def manage(site: Site, *command: str) -> None:
    """Run a management command; whatever it started ends with it.

    Raises:
        EmbeddedError: it failed.
    """
    process = subprocess.Popen(
        [sys.executable, str(ROOT / "manage.py"), *command],
        env=site.environment(),
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        if process.wait():
            raise EmbeddedError("The simulated site could not be built; see above.")
    finally:
        kill_group(process.pid)
        process.wait()


def main(options: list[str]) -> int:
    if options == ["code"]:
        say(totp_code(time.time()))
        return 0
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    try:
        if not KEPT.exists():
            say("Building the simulated site; the next start takes it from a kept copy.")
            build(options)
        if not DATA.exists():
            subprocess.run(["cp", "-a", "--reflink=auto", KEPT, DATA], check=True)
    except EndedByOperator:
        say("The build was broken off; the next start builds it from nothing.")
        return 1
    except EmbeddedError as error:
        print(f"\nBlind Arena ended: {error}", file=sys.stderr)
        return 1
    site = site_on(DATA)
    endpoint = Child(
        "The fake endpoint",
        [sys.executable, "-m", "tests.openai_server", "--port", str(FAKE_ENDPOINT_PORT)],
        log=site.log("fake-endpoint"),
        env=os.environ,
        cwd=ROOT,
    )
    say(
        f"Moderators: {SENIOR} and {MODERATOR}; operator of /admin/: {OPERATOR}; member: {MEMBER}. "
        f"Password of all: {PASSWORD}. The code of the second factor: "
        ".venv/bin/python -m arena.workbench.demo code"
    )
    try:
        return run(site)
    finally:
        endpoint.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
