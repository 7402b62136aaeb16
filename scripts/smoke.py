"""Use a fresh site as its first visitor does: `python3 scripts/smoke.py` in a clone.

It runs `make run`, reads the pages, plays one battle between the real models, votes, and ends the
site by Ctrl-C. Only the standard library is needed. Exit code 0: all of it worked.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from http.cookiejar import CookieJar
from typing import Any

PORT = "8765"
SITE = f"http://localhost:{PORT}"
START_SECONDS = 900  # installs about 700 MB first
BATTLE_SECONDS = 300
END_SECONDS = 60
PAGES = ("/", "/leaderboard/", "/contestants/", "/about/", "/health", "/api/v1/schema")

cookies = CookieJar()
opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(cookies))


def ask(path: str, body: dict[str, Any] | None = None) -> tuple[int, str]:
    """The status and text of an answer; a body makes it a POST."""
    request = urllib.request.Request(SITE + path)  # noqa: S310
    if body is not None:
        token = next(cookie.value for cookie in cookies if cookie.name == "csrftoken")
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
        request.add_header("X-CSRFToken", token or "")
    try:
        with opener.open(request, timeout=30) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def expect(what: bool, message: str) -> None:
    if not what:
        raise SystemExit(f"Smoke test failed: {message}")


def wait_until_it_runs(site: subprocess.Popen[str]) -> None:
    assert site.stdout is not None
    for line in site.stdout:
        print("   ", line, end="", flush=True)
        if " runs at " in line:
            return
    raise SystemExit(f"Smoke test failed: make run ended with code {site.wait()}")


def play_battle() -> None:
    for path in PAGES:
        status, text = ask(path)
        expect(status == 200, f"{path} answered {status}: {text[:300]}")
    opening = {"prompt": "Name a colour, and say in a sentence where it is found in nature."}
    status, text = ask("/api/v1/battles", opening)
    if status == 403:  # the visitor agrees to the terms
        status, text = ask("/api/v1/battles", {**opening, "consent": json.loads(text)["version"]})
    expect(status == 201, f"opening a battle answered {status}: {text[:300]}")
    battle = json.loads(text)
    address = f"/api/v1/battles/{battle['id']}"
    deadline = time.monotonic() + BATTLE_SECONDS
    while battle["state"] not in ("open", "failed") and time.monotonic() < deadline:
        time.sleep(1)
        battle = json.loads(ask(address)[1])
    expect(battle["state"] == "open", f"the battle did not open: {battle}")
    status, text = ask(f"{address}/vote", {"outcome": "a"})
    expect(status in (200, 201), f"the vote answered {status}: {text[:300]}")
    print("    Voted:", text[:300], flush=True)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="arena-smoke-") as data:
        site = subprocess.Popen(
            ["make", "run"],
            env={**os.environ, "ARENA_PORT": PORT, "ARENA_DATA": data},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        signal.signal(signal.SIGALRM, lambda *_: os.killpg(site.pid, signal.SIGKILL))
        signal.alarm(START_SECONDS + BATTLE_SECONDS + END_SECONDS)
        try:
            wait_until_it_runs(site)
            play_battle()
        finally:
            os.killpg(site.pid, signal.SIGINT)  # Ctrl-C reaches make and what it started
            printed, _ = site.communicate(timeout=END_SECONDS)
            print(printed)
        expect(site.returncode in (0, -signal.SIGINT, 2, 130), f"it ended with {site.returncode}")
        expect("nothing is left running" in printed, "Ctrl-C did not end it cleanly")
    version = subprocess.check_output([".venv/bin/python", "--version"], text=True).strip()
    print(f"Smoke test passed with {version}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
