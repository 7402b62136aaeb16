"""Catalogue files: the contestants that a site starts with."""

import json
from pathlib import Path
from typing import Any

from arena.embedded.errors import EmbeddedError

DEFAULT = Path(__file__).with_name("catalogue.json")


def read(path: Path) -> list[dict[str, Any]]:
    """The entries of a catalogue file.

    Each has the fields of a contestant and either `base_url` and `model_id` of its endpoint or
    `server`, the name of a local model to run.

    Raises:
        EmbeddedError: the file is missing or not a list of objects.
    """
    try:
        entries = json.loads(path.read_text())
    except (OSError, ValueError) as error:
        raise EmbeddedError(f"The catalogue {path} cannot be read: {error}") from error
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise EmbeddedError(f"The catalogue {path} is not a list of contestants.")
    return entries


def servers(entries: list[dict[str, Any]]) -> list[str]:
    """The local models that a catalogue asks for, each once."""
    return sorted({entry["server"] for entry in entries if "server" in entry})
