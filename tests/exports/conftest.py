"""Where the tests' exports go."""

from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(autouse=True)
def exports_folder(tmp_path: Path, settings: Any) -> Path:
    settings.ARENA_EXPORTS = str(tmp_path / "exports")
    settings.ARENA_EXPORT_SMALLEST_CELL = 5
    return tmp_path / "exports"
