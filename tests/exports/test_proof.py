"""A published export proves itself, and whatever was changed in it is found."""

import base64
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import polars as pl
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.db import IntegrityError, transaction
from django.test import Client
from pytest_django import DjangoDbBlocker

from arena.exports.selectors import folder_of
from arena.exports.services import publish_export, sha256
from arena.voters.models import Voter
from ratings import proof
from ratings.chain import seal
from ratings.cli import main
from ratings.models import Link, SigningKey
from ratings.published import verify
from tests.exports.casting import cast_many, contestants

Links = list[dict[str, Any]]
OURS = proof.Signer.from_text(base64.b64encode(bytes(range(32))).decode())
THEIRS = proof.Signer.from_text(base64.b64encode(bytes(32)).decode())


@pytest.fixture(scope="module")
def published(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: Any
) -> Iterator[Path]:
    """The folder of a second export of 36 votes, between which the signing key was changed."""
    from django.test import override_settings

    root = tmp_path_factory.mktemp("exports")
    private = base64.b64encode(bytes(range(32))).decode()
    with django_db_blocker.unblock():
        try:
            models = contestants(4)
            cast_many(models, [Voter.objects.create() for _ in range(3)])
            with override_settings(ARENA_EXPORTS=str(root), ARENA_EXPORT_SMALLEST_CELL=2):
                publish_export()
                cast_many(models[:2], [Voter.objects.create()])
                from django.conf import settings

                with override_settings(ARENA_SIGNING_KEYS=[private, *settings.ARENA_SIGNING_KEYS]):
                    folder = folder_of(publish_export().name)
        finally:  # whatever fails leaves an empty database to the other tests
            call_command("flush", interactive=False, verbosity=0)
    yield folder


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "export"))


def found(folder: Path, **trust: Any) -> set[str]:
    """The checks that differ."""
    return {check.name for check in verify(folder, **trust) if check.differences}


class Chain(NamedTuple):
    """The chain of an export, to be rewritten."""

    links: Links
    manifest: dict[str, Any]

    @classmethod
    def read(cls, folder: Path) -> "Chain":
        lines = (folder / "chain.ndjson").read_text().splitlines()
        return cls([json.loads(line) for line in lines], load(folder / "manifest.json"))

    def rewritten(self, folder: Path, signer: proof.Signer) -> None:
        """Put new links, numbers and signatures everywhere, and right digests of all files."""
        previous, links, documents = "", [], {}
        paths = {}
        for path in (folder / "snapshots").iterdir():
            documents[path] = load(path)
            paths[proof.digest(documents[path])] = path
        for number, old in enumerate(self.links, start=1):
            statement = proof.link(
                number=number,
                previous=previous,
                kind=old["kind"],
                subject=old["subject"],
                key=signer.key,
            )
            links.append(statement | {"signature": signer.sign(statement)})
            previous = proof.digest(statement)
            if sealed := paths.get(old["subject"]):
                save(sealed, documents[sealed] | {"proof": links[-1]})
        (folder / "chain.ndjson").write_bytes(b"\n".join(map(proof.canonical, links)) + b"\n")
        rehash(folder, self.manifest)
        statement = proof.link(
            number=len(links) + 1,
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


def test_an_untouched_export_agrees(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert found(folder, pinned=OURS.key, known=folder / "snapshots" / "code.plain.json") == set()
    assert main(["verify", str(folder)]) == 0
    out = told(capsys)
    assert out[-1] == "Recomputed: all agrees."
    assert {"overall.controlled agrees", "lang-en.plain agrees", "chain agrees"} <= set(out)


def told(capsys: pytest.CaptureFixture[str]) -> list[str]:
    """The lines of the command, without the spaces that align them."""
    return [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]


def change_a_vote(votes: pl.DataFrame) -> pl.DataFrame:
    last = pl.int_range(pl.len()) == pl.len() - 1
    other = (
        pl.when(pl.col("winner") == "model_a").then(pl.lit("model_b")).otherwise(pl.lit("model_a"))
    )
    return votes.with_columns(winner=pl.when(last).then(other).otherwise(pl.col("winner")))


@pytest.mark.parametrize("change", [change_a_vote, lambda votes: votes.head(-1)])
def test_a_changed_and_a_dropped_vote_are_found(
    folder: Path, change: Callable[[pl.DataFrame], pl.DataFrame]
) -> None:
    path = folder / "votes.parquet"
    change(pl.read_parquet(path)).write_parquet(path)
    assert found(folder) >= {"files", "overall.plain", "overall.controlled"}
    manifest = load(folder / "manifest.json")
    rehash(folder, manifest)
    save(folder / "manifest.json", manifest)
    assert found(folder) >= {"manifest", "overall.plain"}
    # Even the site itself, which can sign anything, cannot have other votes make these boards.
    keys = {"keys": [{"public": OURS.public, "after": 0}]}
    save(folder / "keys.json", keys)
    Chain.read(folder).rewritten(folder, OURS)
    assert found(folder) >= {"overall.plain", "overall.controlled"}
    assert found(folder).isdisjoint({"files", "keys", "chain", "manifest"})


def test_a_changed_snapshot_is_found(folder: Path) -> None:
    path = folder / "snapshots" / "overall.plain.json"
    document = load(path)
    document["rows"][0]["rating"] += 0.01
    save(path, document)
    differences = next(
        check.differences for check in verify(folder) if check.name == "overall.plain"
    )
    assert any(told.startswith("rating: ") for told in differences)
    assert any(told.startswith("content: sealed as ") for told in differences)


def test_a_swapped_key_is_found(folder: Path) -> None:
    keys = load(folder / "keys.json")
    assert [entry["key"] for entry in keys["keys"]][1] == OURS.key
    keys["keys"][1]["public"] = THEIRS.public
    save(folder / "keys.json", keys)
    assert found(folder) >= {"files", "keys", "chain"}
    # Everything signed again by a key of one's own: found by whoever knows the key of before.
    known = folder / "known.json"
    shutil.copy(folder / "snapshots" / "overall.plain.json", known)
    save(folder / "keys.json", {"keys": [{"public": THEIRS.public, "after": 0}]})
    Chain.read(folder).rewritten(folder, THEIRS)
    assert found(folder) == set()
    assert found(folder, pinned=OURS.key) == {"keys"}
    assert found(folder, known=known) == {"known"}


def test_a_rewritten_chain_is_found(folder: Path) -> None:
    chain = Chain.read(folder)
    known = folder / "known.json"
    save(known, {**load(folder / "snapshots" / "overall.plain.json")})
    for change in (
        lambda links: links[:3] + links[4:],
        lambda links: [links[1], links[0], *links[2:]],
        lambda links: [links[0] | {"subject": "0" * 64}, *links[1:]],
    ):
        text = b"\n".join(map(proof.canonical, change(chain.links)))
        (folder / "chain.ndjson").write_bytes(text)
        assert found(folder) >= {"files", "chain"}
    # By the site itself, all signatures right: whoever kept a snapshot sees it.
    save(folder / "keys.json", {"keys": [{"public": OURS.public, "after": 0}]})
    del chain.links[0]
    chain.rewritten(folder, OURS)
    assert found(folder, known=known) >= {"known"}
    assert "chain" not in found(folder)


@pytest.mark.django_db
def test_the_database_keeps_the_chain_whole(settings: Any) -> None:
    first = seal(Link.Kind.EXPORT, "a" * 64)
    second = seal(Link.Kind.EXPORT, "b" * 64)
    assert (second.number, second.previous) == (2, first.digest)
    for values in ({"number": 4, "previous": second.digest}, {"number": 3, "previous": "c" * 64}):
        with pytest.raises(IntegrityError, match="does not follow"), transaction.atomic():
            Link.objects.create(
                digest="d" * 64,
                kind="export",
                subject="e" * 64,
                key=second.key,
                signature="f",
                **values,
            )
    # A key that was lost cannot be replaced by another one in silence.
    settings.ARENA_SIGNING_KEYS = [base64.b64encode(bytes(32)).decode()]
    with pytest.raises(ImproperlyConfigured, match=SigningKey.objects.get().key):
        seal(Link.Kind.EXPORT, "c" * 64)


@pytest.mark.django_db(transaction=True)
def test_a_site_is_verified_by_its_address(
    live_server: Any, client: Client, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["verify", live_server.url]) == 2
    assert "has not published an export yet" in capsys.readouterr().err
    cast_many(contestants(3), [Voter.objects.create() for _ in range(2)])
    export = publish_export()
    snapshot = client.get("/api/v1/boards/overall/snapshot").json()
    save(tmp_path / "snapshot.json", snapshot)
    seal(Link.Kind.EXPORT, "a" * 64)  # the site goes on
    kept = tmp_path / "kept"
    words = ["verify", live_server.url, "--keep", str(kept), "--known", tmp_path / "snapshot.json"]
    assert main([str(word) for word in words]) == 0
    assert "live chain agrees" in told(capsys)
    assert not (kept / "votes.csv.gz").exists()
    assert main(["verify", f"{live_server.url}/exports/{export.name}/"]) == 0
    assert len(client.get("/api/v1/chain?after=3").json()["links"]) == Link.objects.count() - 3
    for bad in ("-1", "x", "99999999999999999999"):
        assert client.get(f"/api/v1/chain?after={bad}").status_code == 400
