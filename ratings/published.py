"""A published export, fetched and verified: files, signatures, chain, boards from votes.

A folder holds `manifest.json` with the SHA-256 of every other file, `keys.json`, `chain.ndjson` up
to the link of the manifest itself, `snapshots/` and `votes.parquet`.
"""

import hashlib
import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator, Mapping, Sequence
from graphlib import CycleError, TopologicalSorter
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from ratings import core, proof
from ratings.core.snapshots import Check
from ratings.votefile import WINNERS

MANIFEST, KEYS, CHAIN, VOTES = "manifest.json", "keys.json", "chain.ndjson", "votes.parquet"
LIVE_KEYS = "/.well-known/blind-arena-keys.json"
ATTEMPTS = 5
TIMEOUT = 60  # seconds
READ = 1 << 20  # bytes
SHOWN = 10  # pairs of a board that are told

Progress = Callable[[str], object]


class Unfetched(ValueError):
    """An export that could not be fetched; the message says why."""


def fetch(address: str, folder: Path, say: Progress = str) -> None:
    """Fetch the newest export of a site, or the one at this address, into a folder.

    A download that breaks off is taken up where it ended. The files that only repeat the votes in
    other formats are left out.

    Raises:
        Unfetched: the site does not answer, or has no export.
    """
    address = address.rstrip("/")
    if "/exports/" not in address:
        listed = json.loads(_bytes(f"{address}/api/v1/exports"))["results"]
        if not listed:
            raise Unfetched(f"{address} has not published an export yet.")
        address = f"{address}/exports/{listed[0]['name']}"
    site = address.split("/exports/")[0]
    folder.mkdir(parents=True, exist_ok=True)
    manifest = _bytes(f"{address}/{MANIFEST}")
    (folder / MANIFEST).write_bytes(manifest)
    for path, file in json.loads(manifest)["files"].items():
        target = (folder / path).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise Unfetched(f"{address} names a file outside of its folder: {path}.")
        if not path.endswith(".gz"):
            say(f"fetching {path} ...")
            target.parent.mkdir(parents=True, exist_ok=True)
            _download(f"{address}/{path}", target, file["bytes"])
    (folder / "live").mkdir(exist_ok=True)
    (folder / "live" / KEYS).write_bytes(_bytes(site + LIVE_KEYS))
    with (folder / "live" / CHAIN).open("wb") as file:
        number = 0
        while links := json.loads(_bytes(f"{site}/api/v1/chain?after={number}"))["links"]:
            file.writelines(proof.canonical(link) + b"\n" for link in links)
            number = links[-1]["number"]


def _bytes(address: str) -> bytes:
    try:
        with urllib.request.urlopen(address, timeout=TIMEOUT) as response:  # noqa: S310
            body: bytes = response.read()
            return body
    except (OSError, ValueError) as error:
        raise Unfetched(f"{address} cannot be fetched: {error}") from error


def _download(address: str, target: Path, size: int) -> None:
    target.unlink(missing_ok=True)
    reason: object = "it ends too early"
    for _ in range(ATTEMPTS):
        have = target.stat().st_size if target.exists() else 0
        if have >= size:
            break
        request = urllib.request.Request(address, headers={"Range": f"bytes={have}-"})  # noqa: S310
        try:
            with (
                urllib.request.urlopen(request, timeout=TIMEOUT) as response,  # noqa: S310
                target.open("ab" if response.status == 206 else "wb") as file,
            ):
                shutil.copyfileobj(response, file, READ)
        except (OSError, ValueError) as error:
            reason = error
    else:
        raise Unfetched(f"{address} cannot be fetched: {reason}")
    target.touch()  # of a file without a byte, too


def verify(folder: Path, *, pinned: str | None = None, known: Path | None = None) -> list[Check]:
    """Check everything that an export claims.

    Args:
        pinned: the fingerprint of a key that must be among the site's.
        known: a snapshot or manifest kept from earlier, which must still be in the chain.

    Raises:
        ValueError: this is no export.
    """
    manifest = _load(folder / MANIFEST)
    keys, faults = proof.trusted_keys(_load(folder / KEYS), pinned)
    links = _links(folder / CHAIN)
    last = manifest["proof"]
    checks = [
        Check("files", list(_file_faults(folder, manifest))),
        Check("keys", faults),
        Check("chain", list(proof.chain_faults(chain(links, [last]), keys))),
        Check("manifest", _subject_faults(manifest, [*links, last])),
    ]
    if (folder / "live").is_dir():
        live = _links(folder / "live" / CHAIN)
        live_keys, faults = proof.trusted_keys(_load(folder / "live" / KEYS), pinned)
        if live_keys[: len(keys)] != keys:
            faults.append("the keys of the export are no longer the site's")
        faults += proof.chain_faults(live, live_keys)
        if live[: len(links) + 1] != [*links, last]:
            faults.append("the site's chain is no longer the one of the export")
        checks.append(Check("live chain", faults))
        links = live
    else:
        links = [*links, last]
    if known is not None:
        checks.append(Check("known", _subject_faults(_load(known), links)))
    votes = _Votes.read(folder / VOTES)
    for path in sorted((folder / "snapshots").glob("*.json")):
        document = _load(path)
        differences = [
            f"{check.name}: {difference}"
            for check in core.verify(document)
            for difference in check.differences
        ]
        differences += _subject_faults(document, links)
        differences += votes.differences(document)
        checks.append(Check(path.stem, differences))
    return checks


def _load(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_bytes())
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None
    if not isinstance(document, dict):
        raise ValueError(f"{path}: this is no JSON object.")
    return document


def _links(path: Path) -> list[dict[str, Any]]:
    try:
        return [json.loads(line) for line in path.read_bytes().splitlines()]
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} cannot be read: {error}") from None


def _file_faults(folder: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    for path, file in manifest["files"].items():
        try:
            with (folder / path).open("rb") as opened:
                found = hashlib.file_digest(opened, "sha256").hexdigest()
        except OSError:
            if not path.endswith(".gz"):  # what `fetch` leaves out
                yield f"{path} is missing"
            continue
        if found != file["sha256"]:
            yield f"{path}: published {file['sha256']}, found {found}"


def _subject_faults(document: Mapping[str, Any], links: Sequence[Mapping[str, Any]]) -> list[str]:
    """Whether a document is what its link says, and the link is in the chain."""
    link = document.get("proof")
    if not link:
        return ["it is not sealed by a link"]
    faults = []
    if link["subject"] != (found := proof.digest(document)):
        faults.append(f"content: sealed as {link['subject']}, found {found}")
    number = link["number"]
    if not 0 < number <= len(links) or links[number - 1] != link:
        faults.append(f"link {number} is not in the chain")
    return faults


class _Votes:
    """The votes of an export, to make its boards from."""

    def __init__(self, frame: pl.DataFrame) -> None:
        self._frame = frame

    @classmethod
    def read(cls, path: Path) -> "_Votes":
        wanted = ["model_a", "model_b", "winner", "turn", "language", "topics", "fresh"]
        style = [f"{name}_{side}" for side in "ab" for name in core.GRID.names]
        try:
            return cls(pl.read_parquet(path, columns=wanted + style))
        except (OSError, pl.exceptions.PolarsError) as error:
            raise ValueError(f"{path} cannot be read: {str(error).splitlines()[0]}") from None

    def differences(self, published: Mapping[str, Any]) -> list[str]:
        """Where the counts of a snapshot are not those of the votes of its board."""
        votes = self._frame.filter(_of_board(published["board"]))
        models = _in_order(published)
        known = pl.col("model_a").is_in(models) & pl.col("model_b").is_in(models)
        if others := len(votes) - len(votes.filter(known)):
            return [f"votes: {others} votes are of models that the board does not have"]
        place = {model: index for index, model in enumerate(models)}
        a, b = (
            votes[side].replace_strict(place, return_dtype=pl.Int64).to_numpy().astype(np.intp)
            for side in ("model_a", "model_b")
        )
        outcome = votes["winner"].replace_strict(WINNERS, return_dtype=pl.Int8).to_numpy()
        table: core.PairTable | core.StyledTable
        if published.get("grid") is None:
            table = core.PairTable.from_votes(models, a, b, outcome)
        else:
            sides = [
                votes.select(f"{name}_{side}" for name in core.GRID.names)
                .to_numpy()
                .astype(np.float64)
                for side in "ab"
            ]
            table = core.StyledTable.from_votes(models, a, b, outcome, style=(sides[0], sides[1]))
        if table.digest() == published["digest"]:
            return []
        counts = [
            {(row[0], row[1]): row[2:] for row in rows}
            for rows in (published["counts"], table.as_counts())
        ]
        pairs = [
            pair
            for pair in sorted(counts[0].keys() | counts[1].keys())
            if counts[0].get(pair) != counts[1].get(pair)
        ]
        told = [
            f"votes: {a} and {b}: published {counts[0].get((a, b))}, "
            f"in the votes {counts[1].get((a, b))}"
            for a, b in pairs[:SHOWN]
        ]
        more = len(pairs) - SHOWN
        return [*told, f"votes: and {more} pairs more"] if more > 0 else told


def _of_board(slug: str) -> pl.Expr:
    """The votes that count on a board."""
    if slug == "overall":
        return pl.lit(value=True)
    if slug == "fresh":
        return pl.col("fresh")
    if slug == "multi-turn":
        return pl.col("turn") > 1
    if slug.startswith("lang-"):
        return pl.col("language") == slug.removeprefix("lang-")
    return pl.col("topics").list.contains(slug.replace("-", "_"))


def _in_order(published: Mapping[str, Any]) -> list[str]:
    """The models of a snapshot, in an order in which the first of each of its pairs comes first.

    Raises:
        ValueError: there is none.
    """
    order = TopologicalSorter({model: set[str]() for model in sorted(published["models"])})
    for first, second, *_ in published["counts"]:
        order.add(second, first)
    try:
        return list(order.static_order())
    except CycleError as error:
        raise ValueError(f"The pairs of {published['board']} are in no order.") from error
