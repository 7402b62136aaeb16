"""The rating library by itself: a stranger installs its wheel and checks a site."""

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from arena.exports.services import publish_export
from arena.voters.models import Voter
from tests.exports.casting import cast_many, contestants

ROOT = Path(__file__).resolve().parents[2]
UV = Path(sys.executable).with_name("uv")


@pytest.fixture(scope="module")
def command(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command of the wheel, in an environment that has nothing else of this repository."""
    folder = tmp_path_factory.mktemp("wheel")
    environment = folder / "environment"
    subprocess.run(
        [UV, "build", "--quiet", "--wheel", "--out-dir", folder, ROOT / "ratings"], check=True
    )
    subprocess.run([UV, "venv", "--quiet", "--python", sys.executable, environment], check=True)
    [wheel] = folder.glob("*.whl")
    subprocess.run(
        [UV, "pip", "install", "--quiet", "--python", environment / "bin" / "python", wheel],
        check=True,
    )
    return environment / "bin" / "blind-arena-ratings"


def run(command: Path, *words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [command, *words],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={"HOME": str(folder)},
    )


def test_the_wheel_has_no_django(command: Path, tmp_path: Path) -> None:
    installed = subprocess.run(
        [UV, "pip", "list", "--python", command.with_name("python")],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.lower()
    assert "numpy" in installed
    assert "django" not in installed and "celery" not in installed
    (tmp_path / "votes.csv").write_text("model_a,model_b,winner\nx,y,model_a\ny,x,tie\n")
    fitted = run(command, "fit", "votes.csv", folder=tmp_path)
    assert fitted.returncode == 0, fitted.stderr
    assert {"x", "y"} <= set(fitted.stdout.split())


@pytest.mark.django_db(transaction=True)
def test_a_stranger_verifies_a_site(command: Path, live_server: Any, tmp_path: Path) -> None:
    cast_many(contestants(3), [Voter.objects.create() for _ in range(2)])
    publish_export()
    verified = run(command, "verify", live_server.url, folder=tmp_path)
    assert verified.returncode == 0, verified.stdout + verified.stderr
    assert "chain" in verified.stdout
