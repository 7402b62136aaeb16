"""The site's scripts in a real browser, served as the site serves them: under its strict policy."""

import shutil
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

STATIC = Path(__file__).resolve().parents[2] / "frontend" / "static"
PAGES = {
    "/": "<!doctype html><title>scripts</title><main></main>",
    # An answer as a battle shows it, beside another one.
    "/answer/": """<!doctype html><html lang="en"><title>answer</title>
        <link rel="icon" href="/img/favicon.svg">
        <meta name="viewport" content="width=device-width">
        <link rel="stylesheet" href="/css/site.css">
        <link rel="stylesheet" href="/vendor/katex/katex.css">
        <link rel="stylesheet" href="/css/answer.css">
        <main><div class="answers">
        <article class="answer"><div class="answer-body markdown" id="a"></div></article>
        <article class="answer"><div class="answer-body markdown" id="b"></div></article>
        </div></main>""",
}
POLICY = "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'self'"


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """The system's Chromium where there is one, else Playwright's own."""
    return {
        "executable_path": shutil.which("chromium"),
        "args": ["--no-sandbox", "--disable-quic", "--disable-background-networking"],
    }


class _Handler(SimpleHTTPRequestHandler):
    def do_GET(self) -> None:
        if page := PAGES.get(self.path):
            self._serve(page)
        else:
            super().do_GET()

    def _serve(self, page: str) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page.encode())

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
        """Nobody reads it."""


@pytest.fixture(scope="session")
def scripts_url() -> Iterator[str]:
    """An empty page beside the site's static files."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, directory=STATIC)) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


@pytest.fixture
def answer_url(scripts_url: str) -> str:
    """A page with the panes of two answers."""
    return f"{scripts_url}answer/"
