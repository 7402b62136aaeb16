"""A backup is whole, or it is refused."""

import io
import tarfile

import pytest

from arena.backup.archive import MANIFEST, BadArchive, Reader, Writer

CONTENT = {"database.dump": b"rows" * 5000, "exports/one/votes.csv": b"a,b\n", "images/x.png": b""}


def backup() -> bytes:
    file = io.BytesIO()
    writer = Writer(file)
    for name, data in CONTENT.items():
        writer.add(name, io.BytesIO(data), len(data))
    writer.finish({"made_at": "today"})
    return file.getvalue()


def with_member(name: str, data: bytes = b"more", kind: bytes = tarfile.REGTYPE) -> bytes:
    """A backup in front of which a member was put."""
    file = io.BytesIO()
    with tarfile.open(fileobj=file, mode="w") as tar:
        info = tarfile.TarInfo(name)
        info.size, info.type, info.linkname = len(data), kind, "/etc/passwd"
        tar.addfile(info, io.BytesIO(data))
    return file.getvalue()[:1024] + backup()


def test_a_written_archive_is_read_back() -> None:
    reader = Reader(io.BytesIO(backup()))
    assert {name: content.read() for name, content in reader} == CONTENT
    assert reader.manifest["made_at"] == "today"
    assert Reader(io.BytesIO(backup())).check() == reader.manifest


def test_a_source_that_is_shorter_than_said_is_an_error() -> None:
    with pytest.raises(OSError, match="end of data"):
        Writer(io.BytesIO()).add("database.dump", io.BytesIO(b"short"), 100)


@pytest.mark.parametrize("share", [0.0, 0.01, 0.3, 0.5, 0.7, 0.85])
def test_an_incomplete_archive_is_refused(share: float) -> None:
    whole = backup().rstrip(b"\0")
    broken = whole[: int(len(whole) * share)]
    with pytest.raises(BadArchive):
        Reader(io.BytesIO(broken)).check()
    with pytest.raises(BadArchive):
        for _, content in Reader(io.BytesIO(broken)):
            content.read()


def test_a_changed_byte_is_found_wherever_it_is() -> None:
    whole = backup()
    start = whole.index(b"rowsrows")
    for place in (start, start + 9000, whole.index(b"a,b\n"), whole.index(b"today") - 200):
        changed = whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :]
        with pytest.raises(BadArchive):
            Reader(io.BytesIO(changed)).check()


@pytest.mark.parametrize(
    "file",
    [
        b"",
        b"no backup at all" * 100,
        b"PGDMP" + bytes(2000),
        with_member("../../etc/passwd"),
        with_member("/etc/passwd"),
        with_member("exports/../../x"),
        with_member("exports/link", b"", tarfile.SYMTYPE),
        with_member("exports/link", b"", tarfile.LNKTYPE),
        with_member("exports/pipe", b"", tarfile.FIFOTYPE),
        with_member("exports/extra"),
        with_member("database.dump"),
        with_member(MANIFEST, b"{}"),
        with_member(MANIFEST, b"[]"),
        with_member(MANIFEST, b'{"format": "blind-arena-backup/9", "files": {}}'),
        with_member(MANIFEST, b'{"format": "blind-arena-backup/1"}'),
        with_member(MANIFEST, b'{"format": "blind-arena-backup/1", "files": {}}'),
    ],
)
def test_a_file_that_is_not_a_backup_is_refused(file: bytes) -> None:
    with pytest.raises(BadArchive):
        Reader(io.BytesIO(file)).check()
