"""The site's secrets, made at the first start and kept in the data folder."""

import base64
import json
import os
import secrets
from collections.abc import Callable
from pathlib import Path

from cryptography.fernet import Fernet

MADE: dict[str, Callable[[], str]] = {
    "SECRET_KEY": lambda: secrets.token_urlsafe(64),
    "ARENA_ENCRYPTION_KEYS": lambda: Fernet.generate_key().decode(),
    "ARENA_SIGNING_KEYS": lambda: base64.b64encode(secrets.token_bytes(32)).decode(),
    "LLAMA_API_KEY": lambda: secrets.token_urlsafe(32),
}


def load(path: Path) -> dict[str, str]:
    """Environment variables with the site's secrets; the file is readable by its owner only.

    A secret that an older version did not need is added.
    """
    kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}
    missing = {name: make() for name, make in MADE.items() if name not in kept}
    if missing:
        kept |= missing
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(kept, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    return kept
