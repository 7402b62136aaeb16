"""An export, verified: files, signatures, chain, boards from votes.

What cannot be read is a fault of its own check; all other checks are still made.
"""

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import pyarrow as pa

from ratings import engine, proof, snapshots
from ratings.published.votes import Votes
from ratings.snapshots import Check

MANIFEST, KEYS, CHAIN, VOTES = "manifest.json", "keys.json", "chain.ndjson", "votes.parquet"
LIVE = "live"  # the folder of what `fetch` finds beside the export
UNUSABLE = (
    *(ValueError, TypeError, LookupError, AttributeError, ArithmeticError, OSError),
    *(RecursionError, MemoryError, pa.ArrowException),
)
"""What a forged or damaged file may raise when it is read."""

Document = Mapping[str, Any]
T = TypeVar("T")
_NO_DOCUMENT: dict[str, Any] = {}
_NO_ENTRIES: list[dict[str, Any]] = []
_NO_KEYS: tuple[list[proof.Key], list[str]] = ([], [])


def verify(folder: Path, *, pinned: str | None = None, known: Path | None = None) -> list[Check]:
    """Check everything that an export claims.

    Args:
        pinned: the fingerprint of a key that must be among the site's.
        known: a snapshot or manifest kept from earlier, which must still be in the chain.

    Raises:
        ValueError: the folder has no file of an export.
    """
    if not any((folder / name).exists() for name in (MANIFEST, KEYS, CHAIN, VOTES)):
        raise ValueError(f"{folder}: this is no export: it has no {MANIFEST}.")
    manifest, unread = _tried(lambda: load(folder / MANIFEST), _NO_DOCUMENT)
    checks = [_check("files", unread, lambda: _file_faults(folder, manifest))]
    keys, faults = _tried(lambda: _keys(folder / KEYS, pinned), _NO_KEYS)
    checks.append(Check("keys", faults or keys[1]))
    entries, faults = _tried(lambda: entries_of(folder / CHAIN), _NO_ENTRIES)
    entries = [*entries, *([manifest["proof"]] if "proof" in manifest else [])]
    checks.append(_check("chain", faults, lambda: proof.chain_faults(entries, keys[0])))
    checks.append(_check("manifest", unread, lambda: subject_faults(manifest, entries)))
    if (folder / LIVE).is_dir():
        check, live = _live(folder / LIVE, entries, keys[0], pinned)
        checks.append(check)
        entries = live or entries
    if known is not None:
        checks.append(_check("known", [], lambda: subject_faults(load(known), entries)))
    votes, faults = _tried(lambda: Votes.read(folder / VOTES), None)
    if faults:
        checks.append(Check("votes", faults))
    for path in sorted((folder / "snapshots").glob("*.json")):
        checks.append(_check(path.stem, [], partial(_board_faults, path, entries, votes)))
    return checks


def _tried(read: Callable[[], T], default: T) -> tuple[T, list[str]]:
    """What can be read, or the default and why it cannot."""
    try:
        return read(), []
    except UNUSABLE as error:
        return default, [_why(error)]


def _check(name: str, unread: list[str], faults: Callable[[], Iterable[str]]) -> Check:
    """A check; what was not read before, or cannot be checked, is a difference."""
    if unread:
        return Check(name, unread)
    try:
        return Check(name, list(faults()))
    except UNUSABLE as error:
        return Check(name, [f"cannot be checked: {_why(error)}"])


def _why(error: BaseException) -> str:
    if isinstance(error, KeyError):
        return f"it has no {error}"
    return str(error).strip().split("\n")[0] or type(error).__name__


def _keys(path: Path, pinned: str | None) -> tuple[list[proof.Key], list[str]]:
    return proof.trusted_keys(load(path), pinned)


def _live(
    folder: Path, entries: Sequence[Document], keys: list[proof.Key], pinned: str | None
) -> tuple[Check, list[dict[str, Any]]]:
    """Whether the site's chain and keys of now go on from those of the export, and this chain."""
    live, unread = _tried(lambda: entries_of(folder / CHAIN), _NO_ENTRIES)
    now, more = _tried(lambda: _keys(folder / KEYS, pinned), _NO_KEYS)

    def faults() -> Iterator[str]:
        yield from now[1]
        if now[0][: len(keys)] != keys:
            yield "the keys of the export are no longer the site's"
        yield from proof.chain_faults(live, now[0])
        if live[: len(entries)] != list(entries):
            yield "the site's chain is no longer the one of the export"

    return _check("live chain", unread + more, faults), live


def _board_faults(path: Path, entries: Sequence[Document], votes: Votes | None) -> Iterator[str]:
    document = load(path)
    for check in snapshots.verify(document):
        yield from (f"{check.name}: {difference}" for difference in check.differences)
    yield from subject_faults(document, entries)
    if votes is not None:
        yield from votes.differences(document)


def load(path: Path) -> dict[str, Any]:
    """A JSON object from a file.

    Raises:
        ValueError: it cannot be read, or is none.
    """
    try:
        document = json.loads(path.read_bytes())
    except OSError as error:
        raise ValueError(f"{path}: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise ValueError(f"{path}: this is no JSON ({error})") from None
    if not isinstance(document, dict):
        raise ValueError(f"{path}: this is no JSON object.")
    return document


def entries_of(path: Path) -> list[dict[str, Any]]:
    """The entries of a chain, one a line.

    Raises:
        ValueError: it cannot be read.
    """
    try:
        return [json.loads(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValueError, RecursionError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None


def file_fault(folder: Path, name: str, manifest: Document) -> str | None:
    """What is wrong with a file of the manifest; None: nothing, or it was not fetched."""
    try:
        with (folder / name).open("rb") as opened:
            found = hashlib.file_digest(opened, "sha256").hexdigest()
    except OSError:
        return None if name.endswith(".gz") else f"{name} is missing"
    published = manifest["files"][name]["sha256"]
    return None if found == published else f"{name}: published {published}, found {found}"


def _file_faults(folder: Path, manifest: Document) -> Iterator[str]:
    """Files that are not as published, and files that were not published at all."""
    for name in manifest["files"]:
        if fault := file_fault(folder, name, manifest):
            yield fault
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix()
        ours = name == MANIFEST or name.startswith(f"{LIVE}/") or path.name.startswith(".")
        if path.is_file() and not ours and name not in manifest["files"]:
            yield f"{name} is not in the manifest: the site did not publish it"


def subject_faults(document: Document, entries: Sequence[Document]) -> list[str]:
    """Whether a document is what its entry says, and the entry is in the chain."""
    entry = document.get("proof")
    if not entry:
        return ["it is not sealed by an entry"]
    faults = [*seal_faults(document)]
    number = entry["number"]
    if not 0 < number <= len(entries) or entries[number - 1] != entry:
        faults.append(f"entry {number} is not in the chain")
    return faults


def seal_faults(document: Document) -> Iterator[str]:
    """Whether a document is what its entry was made for."""
    if document["proof"]["subject"] != (found := proof.digest(document)):
        yield f"content: sealed as {document['proof']['subject']}, found {found}"


def key_of(folder: Path) -> str | None:
    """The fingerprint of the key that signed an export; None: it cannot be read."""
    document, _ = _tried(lambda: load(folder / MANIFEST), _NO_DOCUMENT)
    key, _ = _tried(lambda: document["proof"]["key"], None)
    return key if isinstance(key, str) else None


_SAMPLE = engine.PairTable.from_counts(["a", "b"], [["a", "b", 1, 1, 0, 0]])


def verify_alone(document: Document) -> tuple[list[Check], list[str]]:
    """Check a snapshot by itself, and say what that leaves unchecked.

    Raises:
        ValueError: it is no snapshot.
    """
    checks = snapshots.verify(document)
    if document.get("proof"):
        checks.append(_check("content", [], lambda: seal_faults(document)))
    sample = snapshots.snapshot(_SAMPLE)
    rows: set[str] = set().union(*(row.keys() for row in document["rows"]))
    notes = document.get("notes") or {}
    made = {check.name for check in checks}
    gone = [key for key in sample["rows"][0] if key not in rows]
    gone = [key for key in gone if key != "tie_rating" or document.get("grid") is None]
    if document.get("grid") is None:
        gone += [f"the note {key}" for key in sample["notes"] if key not in notes]
    more = [key for key in sorted(rows) if key != "slug" and key not in made]
    more += [f"the note {key}" for key in notes if key not in made]
    unchecked = []
    if gone:
        unchecked.append(f"{', '.join(gone)}: the file does not have them")
    if more:
        unchecked.append(f"{', '.join(more)}: they do not follow from the counts")
    unchecked.append("whether the counts are those of the votes")
    if document.get("clusters"):
        unchecked.append("whether the clusters are the sums of these votes by voter")
    if document.get("proof"):
        unchecked.append("the proof: who signed it, and whether it is in the site's chain")
    else:
        unchecked.append("the proof: the file has none, so anybody may have made it")
    return checks, unchecked
