"""The development site: what is saved is on the page at the next load."""

import os
import subprocess
import sys

from arena.embedded.supervisor import ROOT

ASK = """
from django.test import Client
response = Client().get("/static/js/site.js")
print(response.status_code, response.headers["Cache-Control"])
"""


IS_COLLECTED = "import gc; print(gc.isenabled(), gc.get_freeze_count() > 100_000)"


def said_by_shell(code: str) -> list[str]:
    """What Python code prints on the development site."""
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", code],
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "arena.settings.development",
            "SECRET_KEY": "only-for-tests",
            "ARENA_ENCRYPTION_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
            "ARENA_SIGNING_KEYS": "dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
            "ALLOWED_HOSTS": "testserver",
        },
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()


def test_a_browser_asks_for_each_script_and_style_again() -> None:
    assert said_by_shell(ASK) == ["200", "no-cache"]


def test_a_program_collects_garbage_once_it_has_started() -> None:
    """Not before, for that would take a third of its start."""
    assert said_by_shell(IS_COLLECTED) == ["True", "True"]
