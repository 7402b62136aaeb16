"""`make dev`: the site with reload of Python, templates, styles and scripts, and a debug toolbar.

Its contestants are behaviours of the fake endpoint (`arena.workbench.fake_endpoint`), so that a
page can be seen with a slow, long, broken or right-to-left answer. Add others in the admin.
"""

import os
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from arena.embedded.__main__ import end, run
from arena.embedded.errors import EmbeddedError
from arena.embedded.folder import DataFolder
from arena.embedded.processes.children import Child
from arena.embedded.supervisor import HOST, ROOT, Site
from arena.settings.schema.loading import load
from arena.workbench.demo.plan import OPERATOR, PASSWORD

CATALOGUE = Path(__file__).with_name("catalogue.json")
FAKE_ENDPOINT = [sys.executable, "-m", "tests.openai_server", "--port", "9000"]


def reloading(command: list[str]) -> list[str]:
    """The command, started again whenever a Python file of the site is saved.

    At a lower priority than the web process, which the developer waits for.
    """
    return [
        *("nice", "-n", "10"),
        *(sys.executable, "-m", "watchfiles", "--filter", "python"),
        *("--sigint-timeout", "3", shlex.join(command)),
        *(str(ROOT / "arena"), str(ROOT / "ratings")),
    ]


# One worker with the beat in it does all tasks: what is started again at each change is little.
WORKER = [
    *(sys.executable, "-m", "celery", "-A", "arena", "worker", "--beat", "-s"),
    *("{data}/beat-schedule", "--without-gossip", "--without-mingle", "-l", "INFO"),
    *("-n", "all@%h", "-Q", "generation,ratings,integrity,recovery", "-P", "threads", "-c", "32"),
]
COMMANDS = {
    "web": [
        *(sys.executable, str(ROOT / "manage.py"), "runserver", "--nostatic"),
        f"{HOST}:{{port}}",
    ],
    "generation": reloading(WORKER),
    "ratings": [],
    "beat": [],
}


class DevelopmentSite(Site):
    """A site with an operator whose password and second factor are known."""

    def start(self) -> None:
        super().start()
        made = self.data / "operator"
        if not made.exists():
            command = [sys.executable, str(ROOT / "manage.py"), "make_operator"]
            if subprocess.call(command, env=self.environment(), cwd=ROOT):
                raise EmbeddedError("The operator could not be made; see above.")
            made.touch()
        self.say(
            f"For /admin/: {OPERATOR}, password {PASSWORD}; the code of the second factor: "
            ".venv/bin/python -m arena.workbench.demo code"
        )


def main() -> int:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, end)
    arena = load(defaults={"ARENA_DATA": str(ROOT / "build" / "dev")}).arena
    site = DevelopmentSite(
        DataFolder(arena.data),
        port=arena.port,
        catalogue_file=CATALOGUE,
        say=lambda message: print(message, flush=True),
        env={
            "DJANGO_SETTINGS_MODULE": "arena.settings.development",
            "ARENA_CONSENT_VERSION": "",
            "ARENA_RATE_OPEN": "",
            "ARENA_RATE_VOTE": "",
        },
        commands=COMMANDS,
    )
    site.data.make()
    endpoint = Child(
        "The fake endpoint", FAKE_ENDPOINT, log=site.log("fake-endpoint"), env=os.environ, cwd=ROOT
    )
    try:
        return run(site)
    finally:
        endpoint.stop()


if __name__ == "__main__":
    sys.exit(main())
