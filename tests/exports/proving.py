"""Read, change and sign the files of an export."""

import base64
import json
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest

from arena.exports.services import sha256
from ratings import proof
from ratings.published import verify

Entries = list[dict[str, Any]]
SITE_SIGNER = proof.Signer.from_text(base64.b64encode(bytes(range(32))).decode())
OTHER_SIGNER = proof.Signer.from_text(base64.b64encode(bytes(32)).decode())


def found(folder: Path, **trust: Any) -> set[str]:
    """The checks that differ."""
    return {check.name for check in verify(folder, **trust) if check.differences}


class Chain(NamedTuple):
    """The chain of an export, to be rewritten."""

    entries: Entries
    manifest: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> "Chain":
        lines = (folder / "chain.ndjson").read_text().splitlines()
        return cls([json.loads(line) for line in lines], load(folder / "manifest.json"))

    def rewritten(self, folder: Path, signer: proof.Signer) -> None:
        """Put new entries, numbers and signatures everywhere, and right digests of all files."""
        previous, entries, documents = "", [], {}
        paths = {}
        for path in (folder / "snapshots").iterdir():
            documents[path] = load(path)
            paths[proof.digest(documents[path])] = path
        for number, old in enumerate(self.entries, start=1):
            statement = proof.chain_entry(
                number=number,
                previous=previous,
                kind=old["kind"],
                subject=old["subject"],
                key=signer.key,
            )
            entries.append(statement | {"signature": signer.sign(statement)})
            previous = proof.digest(statement)
            if sealed := paths.get(old["subject"]):
                save(sealed, documents[sealed] | {"proof": entries[-1]})
        (folder / "chain.ndjson").write_bytes(b"\n".join(map(proof.canonical, entries)) + b"\n")
        rehash(folder, self.manifest)
        statement = proof.chain_entry(
            number=len(entries) + 1,
            previous=previous,
            kind="export",
            subject=proof.digest(self.manifest),
            key=signer.key,
        )
        self.manifest["proof"] = statement | {"signature": signer.sign(statement)}
        save(folder / "manifest.json", self.manifest)


def load(path: Path) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(path.read_text())
    return document


def save(path: Path, document: dict[str, Any]) -> None:
    path.write_text(json.dumps(document))


def rehash(folder: Path, manifest: dict[str, Any]) -> None:
    for path in manifest["files"]:
        manifest["files"][path]["sha256"] = sha256(folder / path)


def output_lines(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of the command, without the spaces that align them."""
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def change_a_vote(votes: pl.DataFrame) -> pl.DataFrame:
    last = pl.int_range(pl.len()) == pl.len() - 1
    other = (
        pl.when(pl.col("winner") == "model_a").then(pl.lit("model_b")).otherwise(pl.lit("model_a"))
    )
    return votes.with_columns(winner=pl.when(last).then(other).otherwise(pl.col("winner")))
