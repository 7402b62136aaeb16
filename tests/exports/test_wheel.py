"""The rating library by itself: a stranger verifies a site by two commands on its page."""

import hashlib
import json
import os
import re
import shlex
import subprocess
import sys
import tomllib
import urllib.request
import venv
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import nbformat
import pytest
from django.test import Client
from django.urls import reverse
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from arena.exports.library import wheel
from arena.exports.selectors import folder_of
from arena.exports.services import publish_export
from arena.voters.models import Voter
from tests.drawn import runs_whole
from tests.exports.casting import cast_many
from tests.factories import make_contestants

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")

pytestmark = pytest.mark.timeout(600)  # pip may download 150 MB


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A fresh environment with pip; its folder of commands.

    To save time, what the library depends on is there already; `make test-full` leaves that to pip.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=True)
    if not runs_whole():
        project = tomllib.loads((ROOT / "ratings" / "pyproject.toml").read_text())["project"]
        python = ["--python", str(folder / "bin" / "python")]
        subprocess.run(
            [UV, "pip", "install", "--quiet", *python, *project["dependencies"]], check=True
        )
    return folder / "bin"


@pytest.fixture(scope="module")
def kernel(stranger: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Jupyter kernel of the stranger's; its name."""
    subprocess.run(
        [
            *(UV, "pip", "install", "--quiet", "--python", stranger / "python"),
            *("--constraint", ROOT / "requirements" / "dev.txt", "ipykernel", "matplotlib"),
        ],
        check=True,
    )
    folder = tmp_path_factory.mktemp("jupyter")
    spec = folder / "kernels" / "stranger" / "kernel.json"
    spec.parent.mkdir(parents=True)
    words = [str(stranger / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    spec.write_text(json.dumps({"argv": words, "display_name": "Stranger", "language": "python"}))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("JUPYTER_PATH", str(folder))
        patch.setenv("PYTHONPATH", "")
        yield "stranger"


def run(words: list[str], commands: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [commands / words[0], *words[1:]],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PATH": f"{commands}:/usr/bin:/bin", "PYTHONPATH": ""},
    )


def read(address: str) -> str:
    with urllib.request.urlopen(address) as reply:
        text: str = reply.read().decode()
        return text


def code_on_page(page: str, name: str) -> str:
    [code] = re.findall(rf'<code data-test="{name}">(.*?)</code>', page, re.DOTALL)
    return unescape(code)


@pytest.mark.django_db(transaction=True)
def test_a_stranger_verifies_a_site_by_two_commands_on_its_page(
    stranger: Path, live_server: Any, tmp_path: Path
) -> None:
    cast_many(make_contestants(3), [Voter.objects.create() for _ in range(2)])
    publish_export()
    with urllib.request.urlopen(f"{live_server.url}/verify/") as reply:
        page = reply.read().decode()
    install, verify = map(shlex.split, code_on_page(page, "verify").splitlines())

    installed = run(install, stranger, tmp_path)
    assert installed.returncode == 0, installed.stdout + installed.stderr
    listed = run(["pip", "list"], stranger, tmp_path).stdout.lower()
    assert "blind-arena-ratings" in listed and "numpy" in listed
    assert "django" not in listed and "celery" not in listed

    verified = run(verify, stranger, tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "live chain agrees" in " ".join(verified.stdout.split())
    [pinned] = re.findall("blind-arena-ratings verify .* --key .*", verified.stdout)
    assert run(shlex.split(pinned), stranger, tmp_path).returncode == 0

    (tmp_path / "votes.csv").write_text("model_a,model_b,winner\nx,y,model_a\ny,x,tie\n")
    fitted = run(["blind-arena-ratings", "fit", "votes.csv"], stranger, tmp_path)
    assert fitted.returncode == 0, fitted.stderr
    assert {"x", "y"} <= set(fitted.stdout.split())


@pytest.mark.django_db(transaction=True)
def test_the_notebook_goes_from_an_address_to_a_board(
    kernel: str, live_server: Any, tmp_path: Path
) -> None:
    cast_many(make_contestants(4), [Voter.objects.create() for _ in range(2)])
    export = publish_export()
    name = re.search(r'href="(/verify/\w+\.ipynb)"', read(f"{live_server.url}/verify/"))
    assert name is not None
    book = nbformat.reads(read(live_server.url + name[1]), as_version=4)  # type: ignore[no-untyped-call]  # untyped

    def execute() -> list[Any]:
        where = {"metadata": {"path": str(tmp_path)}}
        NotebookClient(book, kernel_name=kernel, resources=where, timeout=300).execute()
        return [output for cell in book.cells for output in cell.get("outputs", [])]

    outputs = execute()
    said = "".join(output.text for output in outputs if output.output_type == "stream")
    assert f"Export {export.name}: {export.votes:,} votes that count" in said
    assert "overall.plain agrees" in " ".join(said.split()) and "differs" not in said
    assert "Largest difference from the published ratings: 0.00" in said
    assert sum("image/png" in output.get("data", {}) for output in outputs) == 3

    book.cells = [cell for cell in book.cells if "%pip" not in cell.source]  # once is enough
    board = folder_of(export.name) / "snapshots" / "overall.plain.json"
    board.write_text(re.sub('"rating": [0-9]', '"rating": 7', board.read_text(), count=1))
    with pytest.raises(CellExecutionError) as failed:
        execute()
    assert failed.value.evalue == "What is published differs from this."


@pytest.mark.django_db
def test_the_page_shows_the_digest_of_the_wheel_built_from_source(
    client: Client, tmp_path: Path
) -> None:
    page = client.get("/verify/").content.decode()
    address = reverse("exports:library", args=[wheel().name])
    assert f"pip install http://testserver{address}\n" in code_on_page(page, "verify")
    served = client.get(address)
    assert hashlib.sha256(served.content).hexdigest() == code_on_page(page, "wheel-digest")
    subprocess.run(  # as `make wheel`
        [UV, "build", "--quiet", "--wheel", "--out-dir", tmp_path, ROOT / "ratings"], check=True
    )
    [built] = tmp_path.glob("*.whl")
    assert (built.name, built.read_bytes()) == (wheel().name, served.content)


@pytest.mark.django_db
def test_the_library_is_downloaded_again_only_after_a_change(client: Client) -> None:
    address = reverse("exports:library", args=[wheel().name])
    served = client.get(address)
    assert "no-cache" in served.headers["Cache-Control"]
    again = client.get(address, headers={"If-None-Match": served.headers["ETag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert client.head(address).status_code == 200
    assert client.post(address).status_code == 405
    for other in ("blind_arena_ratings-0.0.1-py3-none-any.whl", "x", "..", "votes.parquet"):
        assert client.get(f"/verify/{other}").status_code == 404


@pytest.mark.parametrize("document", ["README.md", "docs/verifying.md"])
def test_the_documentation_names_the_wheel_of_the_site(document: str) -> None:
    assert f"/verify/{wheel().name}\n" in (ROOT / document).read_text()
