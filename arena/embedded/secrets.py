"""The site's secrets, made at the first start and kept in the data folder."""

import json
import os
import secrets
from pathlib import Path

from cryptography.fernet import Fernet


def load(path: Path) -> dict[str, str]:
    """Environment variables with the site's secrets; the file is readable by its owner only."""
    if not path.exists():
        made = {
            "SECRET_KEY": secrets.token_urlsafe(64),
            "ARENA_ENCRYPTION_KEYS": Fernet.generate_key().decode(),
            "LLAMA_API_KEY": secrets.token_urlsafe(32),
        }
        partial = path.with_suffix(".partial")
        partial.unlink(missing_ok=True)
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(made, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        partial.rename(path)
    kept: dict[str, str] = json.loads(path.read_text())
    return kept
