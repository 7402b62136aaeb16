"""The rating library as a wheel: with it, a stranger verifies this site."""

import hashlib
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from django.conf import settings
from hatchling.builders.wheel import WheelBuilder

SOURCE = Path(settings.BASE_DIR) / "ratings"


class Wheel(NamedTuple):
    """A file that pip installs; pip reads the version out of its name."""

    name: str
    content: bytes
    sha256: str


@cache
def wheel() -> Wheel:
    """Build the wheel from the code of this site, once a process.

    The same code makes the same bytes in every process and on every machine, so that anyone can
    build the file from the source code and compare.
    """
    with TemporaryDirectory() as folder:
        [path] = map(Path, WheelBuilder(str(SOURCE)).build(directory=folder, versions=["standard"]))
        content = path.read_bytes()
    return Wheel(path.name, content, hashlib.sha256(content).hexdigest())
