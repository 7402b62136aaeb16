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


def test_a_browser_asks_for_each_script_and_style_again() -> None:
    done = subprocess.run(
        [sys.executable, "manage.py", "shell", "-v", "0", "-c", ASK],
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
        check=True,
        timeout=300,
    )
    assert done.stdout.split() == ["200", "no-cache"], done.stderr
