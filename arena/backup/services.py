"""Writing a backup from a site's database dump and files, and putting its files back."""

import json
import os
import shutil
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, cast

from django.conf import settings
from django.core.files import File
from django.core.files.storage import storages
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.utils import timezone

from arena.backup.archive import DATABASE, EXPORTS, IMAGES, SECRETS, Reader, Writer
from arena.battles.models import Image
from arena.exports.models import Export
from arena.exports.selectors import MANIFEST, folder_of
from arena.exports.services import sha256

# What a site cannot do without beside its database. LLAMA_API_KEY is of a `make run` site only.


class Refused(Exception):
    """The backup cannot be restored here; the message says why and what to do."""


class Summary(NamedTuple):
    """What was written or restored, and which files of the database are missing."""

    exports: int
    images: int
    missing: list[str]


def write(target: BinaryIO, dump: BinaryIO, dump_bytes: int) -> Summary:
    """Write a backup: a dump that pg_dump made just before, and the files that it names.

    Exports are never deleted, so each export in the dump is still in the database. An image that
    was erased since the dump is missing, as it should be.

    Raises:
        OSError: the target cannot be written, or the dump is shorter than said.
    """
    writer = Writer(target)
    writer.add(DATABASE, dump, dump_bytes)
    secrets = json.dumps(_secrets(), indent=1).encode()
    writer.add(SECRETS, BytesIO(secrets), len(secrets))
    missing: list[str] = []
    exports = images = 0
    for export in Export.objects.order_by("made_at"):
        exports += 1
        missing += _add_export(writer, export)
    storage = storages["images"]
    for name in _image_names():
        try:
            with storage.open(name) as file:
                writer.add(IMAGES + name, cast(BinaryIO, file), storage.size(name))
            images += 1
        except FileNotFoundError:
            missing.append(IMAGES + name)
    writer.finish(
        {
            "made_at": timezone.now().isoformat(),
            "migrations": applied_migrations(),
            "exports": exports,
            "images": images,
            "missing": missing,
        }
    )
    return Summary(exports, images, missing)


def _add_export(writer: Writer, export: Export) -> list[str]:
    """Add the files of an export; returns those that are missing or were changed since."""
    bad = []
    for name, expected in _files_of(export).items():
        path = folder_of(export.name) / name
        member = f"{EXPORTS}{export.name}/{name}"
        try:
            with path.open("rb") as file:
                written = writer.add(member, file, os.fstat(file.fileno()).st_size)
        except FileNotFoundError:
            bad.append(member)
        else:
            if expected not in ("", written):
                bad.append(member)
    return bad


def _files_of(export: Export) -> dict[str, str]:
    """The files of an export with their SHA-256, and its manifest, which has none."""
    return {
        **{name: file["sha256"] for name, file in export.manifest["files"].items()},
        MANIFEST: "",
    }


def _image_names() -> Iterator[str]:
    names = Image.objects.order_by("name").distinct().values_list("name", flat=True)
    return names.iterator()


def _secrets() -> dict[str, str]:
    """The secrets of this site, as its environment spells them."""
    secrets = {
        "SECRET_KEY": settings.SECRET_KEY,
        "ARENA_ENCRYPTION_KEYS": ",".join(settings.ARENA.encryption_keys),
        "ARENA_SIGNING_KEYS": ",".join(settings.ARENA.signing_keys),
    }
    if "LLAMA_API_KEY" in os.environ:  # of the models that `make run` starts
        secrets["LLAMA_API_KEY"] = os.environ["LLAMA_API_KEY"]
    return secrets


def applied_migrations() -> list[str]:
    """The migrations that the database has, as `app.name`."""
    return sorted(f"{app}.{name}" for app, name in MigrationLoader(connection).applied_migrations)


def check(file: BinaryIO) -> dict[str, Any]:
    """Check that a backup is whole and fits this version and these secrets; returns its manifest.

    Raises:
        BadArchive: it is broken off, damaged, or no backup.
        Refused: it was made by a newer version, or with secrets that are not set here.
    """
    reader = Reader(file)
    secrets: dict[str, str] = {}
    for name, content in reader:
        if name == SECRETS:
            secrets = json.loads(content.read())
    known = {f"{app}.{name}" for app, name in MigrationLoader(None).disk_migrations}
    newer = sorted(set(reader.manifest["migrations"]) - known)
    if newer:
        raise Refused(
            f"The backup was made by a newer version of the arena (it has {newer[0]}):"
            " install that version and restore with it."
        )
    here = _secrets()
    differing = [
        name
        for name, value in secrets.items()
        if not set(value.split(",")) <= set(here.get(name, "").split(","))
    ]
    if differing:
        raise Refused(
            f"The site is set up with other secrets than the backup: {', '.join(differing)}."
            f" Set them to the values in the backup, which `tar -xOf FILE {SECRETS}` prints."
        )
    return reader.manifest


def refuse_files() -> None:
    """Refuse a site that has exports or images, because a restore replaces nothing.

    Raises:
        Refused: it has some.
    """
    for folder in (settings.ARENA.exports, Path(storages["images"].path(""))):
        if folder.is_dir() and any(folder.iterdir()):
            raise Refused(f"{folder} is not empty, and a restore replaces nothing.")


def restore_files(file: BinaryIO) -> Summary:
    """Put back the exports and images that the restored database names, and check them.

    Raises:
        BadArchive: it is broken off, damaged, or no backup.
        Refused: there are exports or images already, or an export that the database names is not
            in the backup as it was published.
        OSError: a file could not be written.
    """
    refuse_files()
    exports = {export.name: export for export in Export.objects.all()}
    names = set(_image_names())
    storage = storages["images"]
    images = 0
    reader = Reader(file)
    for member, content in reader:
        if member.startswith(EXPORTS):
            name, _, rest = member.removeprefix(EXPORTS).partition("/")
            if name in exports:
                _put(folder_of(name) / rest, content)
        elif member.startswith(IMAGES):
            name = member.removeprefix(IMAGES)
            if name in names:
                storage.save(name, File(content))
                images += 1
    missing = [
        f"{EXPORTS}{export.name}/{name}"
        for export in exports.values()
        for name, expected in _files_of(export).items()
        if not _is_whole(folder_of(export.name) / name, expected)
    ]
    unknown = sorted(set(missing) - set(reader.manifest["missing"]))
    if unknown:
        raise Refused(f"The database names {unknown[0]}, which the backup does not hold whole.")
    return Summary(len(exports), images, missing)


def _put(path: Path, content: BinaryIO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        shutil.copyfileobj(content, file)


def _is_whole(path: Path, expected: str) -> bool:
    return path.is_file() and expected in ("", sha256(path))
