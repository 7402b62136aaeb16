"""A backup holds what the database names; a restore puts back no more and no less."""

import io
import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pgtrigger
import pytest
from cryptography.fernet import Fernet
from django.core.files.base import ContentFile
from django.core.files.storage import storages
from pytest_django import Settings

from arena.backup import services
from arena.backup.archive import EXPORTS, IMAGES, SECRETS, Reader
from arena.battles.models import Image, Turn
from arena.exports.selectors import folder_of
from arena.exports.services import publish_export
from arena.settings.parts.connections import image_storage
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.exports.casting import cast_many
from tests.factories import make_contestants

DUMP = b"PGDMP and more"
NEWEST, NEW, OLD = (Fernet.generate_key().decode() for _ in range(3))


@pytest.fixture
def folder(
    transactional_db: None, arena_settings: ChangeSettings, settings: Settings, tmp_path: Path
) -> Iterator[Path]:
    """A site with one export and two images; its files are in this folder."""
    arena_settings(exports=tmp_path / "exports", encryption_keys=[NEW, OLD])
    settings.STORAGES = {**settings.STORAGES, "images": image_storage(tmp_path / "images")}
    settings.SECRET_KEY = "secret"
    cast_many(make_contestants(3), [Voter.objects.create() for _ in range(2)])
    for turn, name in zip(Turn.objects.all()[:2], ("ab/one.png", "cd/two.png"), strict=True):
        storages["images"].save(name, ContentFile(name.encode()))
        Image.objects.create(turn=turn, name=name, width=1, height=1)
    publish_export()
    yield tmp_path


def backup() -> bytes:
    file = io.BytesIO()
    services.write(file, io.BytesIO(DUMP), len(DUMP))
    return file.getvalue()


def files(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def lose_files(folder: Path) -> None:
    for name in ("exports", "images"):
        shutil.rmtree(folder / name)


def test_files_come_back_as_they_were(folder: Path) -> None:
    before = files(folder)
    (folder / "exports" / ".partial").mkdir()
    (folder / "exports" / ".partial" / "votes.csv").write_text("an export that was broken off")
    (folder / "images" / "ab" / "stray.png").write_text("of a battle that was never saved")
    file = backup()
    members = {name: content.read() for name, content in Reader(io.BytesIO(file))}
    assert json.loads(members[SECRETS])["ARENA_ENCRYPTION_KEYS"] == f"{NEW},{OLD}"
    assert not any(".partial" in name or "stray" in name for name in members)
    lose_files(folder)
    assert services.restore_files(io.BytesIO(file)) == (1, 2, [])
    assert files(folder) == before


def test_a_restore_overwrites_nothing(folder: Path) -> None:
    file = backup()
    for kept in ("exports", "images"):
        with pytest.raises(services.Refused, match=f"{kept} is not empty"):
            services.restore_files(io.BytesIO(file))
        shutil.rmtree(folder / kept)
    services.restore_files(io.BytesIO(file))


def test_files_that_the_restored_database_does_not_name_are_not_restored(folder: Path) -> None:
    """The files are read after the dump: an image or an export may have come in between."""
    before = files(folder)
    storages["images"].save("ef/three.png", ContentFile(b"three"))
    later = Image.objects.create(
        turn=Turn.objects.filter(image=None)[0], name="ef/three.png", width=1, height=1
    )
    later_export = publish_export()
    file = backup()
    later.delete()
    with pgtrigger.ignore("exports.Export:export_is_final"):
        later_export.delete()
    assert any(later_export.name in name for name, _ in Reader(io.BytesIO(file)))
    lose_files(folder)
    assert services.restore_files(io.BytesIO(file)) == (1, 2, [])
    assert files(folder) == before


def test_a_missing_file_is_named_and_does_not_stop_a_backup(folder: Path) -> None:
    (folder / "images" / "ab" / "one.png").unlink()
    name = next((folder / "exports").iterdir()).name
    (folder_of(name) / "votes.parquet").unlink()
    (folder_of(name) / "README.md").write_text("changed")
    file = io.BytesIO()
    written = services.write(file, io.BytesIO(DUMP), len(DUMP))
    expected = {
        f"{EXPORTS}{name}/README.md",
        f"{EXPORTS}{name}/votes.parquet",
        f"{IMAGES}ab/one.png",
    }
    assert set(written.missing) == expected
    lose_files(folder)
    file.seek(0)
    assert set(services.restore_files(file).missing) == {
        member for member in expected if member.startswith(EXPORTS)
    }


def test_an_export_that_the_backup_lacks_is_an_error(folder: Path) -> None:
    file = backup()
    publish_export()  # as if the database were newer than the files
    lose_files(folder)
    with pytest.raises(services.Refused, match="does not hold whole"):
        services.restore_files(io.BytesIO(file))


def test_other_secrets_and_newer_versions_are_refused(
    folder: Path,
    arena_settings: ChangeSettings,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    file = backup()
    assert services.check(io.BytesIO(file))["exports"] == 1
    arena_settings(encryption_keys=[NEWEST, NEW, OLD])  # a key was added since
    services.check(io.BytesIO(file))
    arena_settings(encryption_keys=[NEW])
    settings.SECRET_KEY = "another"
    with pytest.raises(services.Refused, match="SECRET_KEY, ARENA_ENCRYPTION_KEYS") as refused:
        services.check(io.BytesIO(file))
    assert "secret\n" not in str(refused.value) and NEW not in str(refused.value)
    monkeypatch.setattr(services, "applied_migrations", lambda: ["battles.9999_from_the_future"])
    with pytest.raises(services.Refused, match=r"newer version.*battles\.9999"):
        services.check(io.BytesIO(backup()))
