"""The file of a backup: a tar whose last member, the manifest, names every other one's SHA-256.

It is written and read as a stream, because it may come from or go to another container. An
incomplete backup has no manifest and is refused.
"""

import hashlib
import json
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

FORMAT = "blind-arena-backup/1"
MANIFEST = "manifest.json"
DATABASE = "database.dump"
SECRETS = "secrets.json"
EXPORTS = "exports/"
IMAGES = "images/"
LARGEST_MANIFEST_BYTES = 1 << 30


class BadArchive(Exception):
    """The file is not a whole backup; the message says why."""


class _Hashed:
    """A file that is read once, and the SHA-256 of what was read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Read the next bytes.

        Raises:
            BadArchive: the file is a member of a backup that is broken off.
        """
        try:
            part = self._file.read(size)
        except tarfile.TarError as error:
            raise BadArchive(f"It was broken off: {error}.") from error
        self._digest.update(part)
        return part

    def sha256(self) -> str:
        return self._digest.hexdigest()


class Writer:
    """Writes members one after the other, and the manifest at the end."""

    def __init__(self, file: BinaryIO) -> None:
        self._tar = tarfile.open(fileobj=file, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115
        self._files: dict[str, dict[str, Any]] = {}

    def add(self, name: str, source: BinaryIO, size: int) -> str:
        """Add `size` bytes of a file; gives their SHA-256.

        Raises:
            OSError: the source has fewer bytes.
        """
        hashed = _Hashed(source)
        self._tar.addfile(_member(name, size), cast(BinaryIO, hashed))
        self._files[name] = {"bytes": size, "sha256": hashed.sha256()}
        return hashed.sha256()

    def finish(self, about: dict[str, Any]) -> None:
        """Write the manifest with these facts about the backup."""
        manifest = {"format": FORMAT, **about, "files": self._files}
        data = json.dumps(manifest, indent=1, ensure_ascii=False).encode()
        self._tar.addfile(_member(MANIFEST, len(data)), BytesIO(data))
        self._tar.close()


def _member(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size = size
    info.mode = 0o600
    return info


class Reader:
    """Reads a backup as a stream: its members, then its manifest.

    Iterating gives each member's name and content, and checks everything at the end. What it gave
    may be trusted only once the iteration is over.

    Raises:
        BadArchive: it is broken off, damaged, or no backup.
    """

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.manifest: dict[str, Any] = {}

    def __iter__(self) -> Iterator[tuple[str, BinaryIO]]:
        found: dict[str, dict[str, Any]] = {}
        try:
            with tarfile.open(fileobj=self._file, mode="r|") as tar:
                for info in tar:
                    content = tar.extractfile(info)
                    odd = content is None or self.manifest or info.name in found
                    if odd or not is_safe(info.name):
                        raise BadArchive(f"{info.name!r} is no part of a backup.")
                    if info.name == MANIFEST:
                        self.manifest = _manifest(content, info.size)
                        continue
                    hashed = _Hashed(cast(BinaryIO, content))
                    yield info.name, cast(BinaryIO, hashed)
                    while hashed.read(1 << 20):
                        pass
                    found[info.name] = {"bytes": info.size, "sha256": hashed.sha256()}
        except (tarfile.TarError, EOFError) as error:
            raise BadArchive(f"It is damaged or broken off, or no backup: {error}.") from error
        if not self.manifest:
            raise BadArchive("Its end is missing: the backup was broken off.")
        if found != self.manifest["files"]:
            raise BadArchive("Its content differs from its manifest: it was damaged or changed.")

    def check(self) -> dict[str, Any]:
        """Read it to its end; gives the manifest."""
        for _ in self:
            pass
        return self.manifest


def _manifest(content: Any, size: int) -> dict[str, Any]:
    if size > LARGEST_MANIFEST_BYTES:
        raise BadArchive("Its manifest is too large.")
    try:
        manifest = json.loads(content.read())
    except ValueError as error:
        raise BadArchive(f"Its manifest cannot be read: {error}.") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        raise BadArchive("It has another format; this version reads " + FORMAT + ".")
    if not isinstance(manifest.get("files"), dict):
        raise BadArchive("Its manifest names no files.")
    return manifest


def is_safe(name: str) -> bool:
    """Whether a member's name stays inside the folder it is unpacked into."""
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts and "\0" not in name
