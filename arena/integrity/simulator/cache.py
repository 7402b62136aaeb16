"""Keep the figures of simulations in files that only the code that computed them reads."""

import hashlib
import json
from pathlib import Path
from typing import Any

from arena.integrity import statistics
from arena.voters.throttling import price
from ratings import engine


def digest_of_the_code() -> str:
    """Change with any of: statistics of integrity, simulator, price, rating engine."""
    packages = [Path(next(iter(package.__path__))) for package in (statistics, engine)]
    folders = [Path(__file__).parent, *packages]
    files = [file for folder in folders for file in sorted(folder.rglob("*.py"))]
    code = hashlib.sha256()
    for file in [*files, Path(price.__file__)]:
        code.update(file.name.encode() + b"\0" + file.read_bytes())
    return code.hexdigest()[:12]


class Cache:
    """JSON values by name, in a file of `folder` that is named by the digest of the code.

    A stopped run continues where it was; after a change of the code everything is computed again.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._file = folder / f"{name}-{digest_of_the_code()}.json"
        self._known: dict[str, Any] = {}
        if self._file.exists():
            self._known = json.loads(self._file.read_text())

    def get(self, key: str) -> Any | None:
        return self._known.get(key)

    def keep(self, key: str, value: Any) -> None:
        self._known[key] = value
        self._file.parent.mkdir(parents=True, exist_ok=True)
        written = self._file.with_suffix(".part")
        written.write_text(json.dumps(self._known, indent=1))
        written.replace(self._file)
