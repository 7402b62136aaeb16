"""The bytes of a file of votes, or of standard input: uncompressed, and of what kind they are."""

import io
import shutil
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TextIO, cast

import pyarrow as pa

from ratings.terminal import printable
from ratings.votefile.errors import BadVotes

STDIN = Path("-")
HEAD = 1 << 20  # bytes; a header is not longer

_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bz2",
    b"\x04\x22\x4d\x18": "lz4",
    b"PK\x03\x04": "zip",
}
_ENCODINGS = (
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)
_REFUSED = {
    b"\xd0\xcf\x11\xe0": "this is an old Excel or Word file; save it as CSV",
    b"\xfd7zXZ": "xz is not read; use gzip or zstd",
    b"7z\xbc\xaf": "a 7z archive is not read; use gzip or zstd",
    b"SQLite format 3": "this is a database of SQLite; export the votes as CSV",
}
READ_FAULTS = (
    *(pa.ArrowException, OSError, EOFError, UnicodeError),
    *(zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError),
)
"""What a damaged file raises when it is read: Arrow's errors, or those of zip archives."""


class Stream(io.BufferedIOBase):
    """Bytes as Arrow and the standard library read them; it counts the quotation marks."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source = source
        self.quotes = 0

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        if size is None or size < 0:
            data = self._source.read()
        else:
            blocks, wanting = [], size
            while wanting and (block := self._source.read(wanting)):
                blocks.append(block)
                wanting -= len(block)
            data = b"".join(blocks)
        self.quotes += data.count(b'"')
        return data

    def read1(self, size: int = -1, /) -> bytes:
        return self.read(size if size >= 0 else HEAD)


@dataclass(frozen=True, slots=True)
class Source:
    """A file of votes that can be read more than once.

    `kind` is parquet, json (an array, an object, or one object a line) or table (CSV and its
    like); `encoding` is that of its text, and `mark` how many bytes mark it at the start.
    """

    path: Path
    compression: str
    kind: str
    encoding: str
    mark: int

    @contextmanager
    def open(self, skip: int = 0) -> Iterator[Stream]:
        """The uncompressed bytes, after the mark of the encoding and `skip` bytes."""
        with _uncompressed(self.path, self.compression) as file:
            stream = Stream(file)
            stream.read(self.mark + skip)
            stream.quotes = 0
            yield stream

    @contextmanager
    def lines(
        self, skip: int = 0, *, newline: str | None = None, errors: str = "strict"
    ) -> Iterator[TextIO]:
        """The same as text."""
        with self.open(skip) as stream:
            yield io.TextIOWrapper(
                cast(IO[bytes], stream), self.encoding, newline=newline, errors=errors
            )

    def head(self) -> bytes:
        """The first bytes after the mark of the encoding."""
        with self.open() as stream:
            return stream.read(HEAD)


def named(path: Path) -> str:
    """A file as messages name it."""
    return "standard input" if path == STDIN else printable(str(path))


@contextmanager
def opened(path: Path) -> Iterator[Source]:
    """Find out what a file is, by what is in it and not by its name.

    Standard input (`-`) and pipes are first written to a temporary file.

    Raises:
        BadVotes: it is missing, empty, damaged, or of a kind that is not read.
    """
    with ExitStack() as stack:
        if path != STDIN and not path.exists():
            raise BadVotes("there is no such file.")
        if path.is_dir():
            raise BadVotes("this is a folder; name a file in it.")
        if path == STDIN or not path.is_file():
            path = stack.enter_context(_spooled(path))
        yield _recognised(path)


def reason(error: BaseException) -> str:
    """What a library says of a file, in one line."""
    if isinstance(error, UnicodeDecodeError):
        return f"this is not {error.encoding}; save it as UTF-8."
    text = getattr(error, "strerror", None) or str(error)
    return printable(text.strip().splitlines()[0] if text.strip() else type(error).__name__)


@contextmanager
def _spooled(path: Path) -> Iterator[Path]:
    with tempfile.NamedTemporaryFile(prefix="votes-") as copy:
        if path == STDIN:
            shutil.copyfileobj(sys.stdin.buffer, copy)
        else:
            with path.open("rb") as pipe:
                shutil.copyfileobj(pipe, copy)
        copy.flush()
        yield Path(copy.name)


def _recognised(path: Path) -> Source:
    with path.open("rb") as file:
        start = file.read(16)
    for magic, why in _REFUSED.items():
        if start.startswith(magic):
            raise BadVotes(f"{why}.")
    compression = _compression(start)
    with _uncompressed(path, compression) as file:
        head = Stream(file).read(HEAD)
    mark, encoding = next(
        ((mark, encoding) for mark, encoding in _ENCODINGS if head.startswith(mark)),
        (b"", "utf-8"),
    )
    text = head[len(mark) :].decode(encoding, "replace").strip()
    if not text:
        raise BadVotes("this is empty.")
    if head.startswith(b"PAR1"):
        if compression:
            raise BadVotes("uncompress it first: Parquet is compressed by itself.")
        return Source(path, compression, "parquet", encoding, 0)
    if compression and _compression(head):
        raise BadVotes("this is compressed twice.")
    kind = "json" if text.startswith(("{", "[")) else "table"
    return Source(path, compression, kind, encoding, len(mark))


def _compression(start: bytes) -> str:
    return next((name for magic, name in _COMPRESSED.items() if start.startswith(magic)), "")


@contextmanager
def _uncompressed(path: Path, compression: str) -> Iterator[IO[bytes]]:
    if compression == "zip":
        with zipfile.ZipFile(path) as archive, archive.open(_only_member(archive)) as member:
            yield member
    elif compression:
        with pa.input_stream(str(path), compression=compression) as stream:
            yield stream
    else:
        with path.open("rb") as file:
            yield file


def _only_member(archive: zipfile.ZipFile) -> zipfile.ZipInfo:
    members = [
        member
        for member in archive.infolist()
        if not member.is_dir() and not member.filename.startswith("__MACOSX/")
    ]
    if any(member.filename == "[Content_Types].xml" for member in members):
        raise BadVotes("this is an Excel workbook; save the sheet as CSV.")
    if len(members) != 1:
        raise BadVotes(f"this archive has {len(members)} files; unpack the one with votes.")
    return members[0]
