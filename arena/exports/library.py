"""The tools to verify this site: the rating library as a wheel, and a notebook."""

import hashlib
import json
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from django.conf import settings
from hatchling.builders.wheel import WheelBuilder

SOURCE = Path(settings.BASE_DIR) / "ratings"
NOTEBOOK = SOURCE / "notebooks" / "recompute_the_board.ipynb"


class Wheel(NamedTuple):
    """A wheel for pip, which reads the version from its name."""

    name: str
    content: bytes
    sha256: str


@cache
def wheel() -> Wheel:
    """Build the wheel from the code of this site, once in each process.

    The build is reproducible: anyone can build the same bytes from the source code.
    """
    with TemporaryDirectory() as folder:
        [path] = map(Path, WheelBuilder(str(SOURCE)).build(directory=folder, versions=["standard"]))
        content = path.read_bytes()
    return Wheel(path.name, content, hashlib.sha256(content).hexdigest())


def notebook(site: str, library: str) -> bytes:
    """The notebook that recomputes a board, with the addresses of this site and of its wheel.

    Args:
        library: path of the wheel.
    """
    document = json.loads(NOTEBOOK.read_text(encoding="utf-8"))
    [cell] = [cell for cell in document["cells"] if "addresses" in cell["metadata"].get("tags", ())]
    cell["source"] = f"SITE = {json.dumps(site)}\nLIBRARY = {json.dumps(library)}"
    return json.dumps(document, indent=1, ensure_ascii=False).encode()
