"""Where the tests' exports go."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings


@pytest.fixture(scope="module", autouse=True)
def exports_folder(tmp_path_factory: Any) -> Iterator[Path]:
    """One for each file of tests; some of them share an export."""
    folder: Path = tmp_path_factory.mktemp("exports")
    with override_settings(ARENA=settings.ARENA.changed(exports=folder, export_smallest_cell=5)):
        yield folder
