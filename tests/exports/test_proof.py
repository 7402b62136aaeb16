"""A published export proves itself, and whatever was changed in it is found."""

import base64
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import IntegrityError, transaction
from django.test import Client

from arena.exports.services import publish_export
from arena.leaderboards.chain import seal
from arena.leaderboards.models import ChainEntry, SigningKey
from arena.voters.models import Voter
from ratings import proof
from ratings.cli.main import main
from ratings.published import verify
from tests.arena_settings import ChangeSettings
from tests.exports.casting import cast_many
from tests.exports.proving import (
    OTHER_SIGNER,
    SITE_SIGNER,
    Chain,
    change_a_vote,
    found,
    load,
    output_lines,
    rehash,
    save,
)
from tests.factories import make_contestants


def test_an_unchanged_export_verifies(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert (
        found(folder, pinned=SITE_SIGNER.key, known=folder / "snapshots" / "code.plain.json")
        == set()
    )
    assert main(["verify", str(folder)]) == 0
    out = output_lines(capsys)
    assert out[-1] == "Recomputed: all agrees."
    assert {"overall.controlled agrees", "lang-en.plain agrees", "chain agrees"} <= set(out)


@pytest.mark.parametrize("change", [change_a_vote, lambda votes: votes.head(-1)])
def test_verification_finds_a_changed_or_dropped_vote(
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
    keys = {"keys": [{"public": SITE_SIGNER.public, "after": 0}]}
    save(folder / "keys.json", keys)
    Chain.read(folder).rewritten(folder, SITE_SIGNER)
    assert found(folder) >= {"overall.plain", "overall.controlled"}
    assert found(folder).isdisjoint({"files", "keys", "chain", "manifest"})


def test_verification_finds_a_changed_snapshot(folder: Path) -> None:
    path = folder / "snapshots" / "overall.plain.json"
    document = load(path)
    document["rows"][0]["rating"] += 0.01
    save(path, document)
    differences = next(
        check.differences for check in verify(folder) if check.name == "overall.plain"
    )
    assert any(line.startswith("rating: ") for line in differences)
    assert any(line.startswith("content: sealed as ") for line in differences)


def test_verification_finds_a_swapped_key(folder: Path) -> None:
    keys = load(folder / "keys.json")
    assert [entry["key"] for entry in keys["keys"]][1] == SITE_SIGNER.key
    keys["keys"][1]["public"] = OTHER_SIGNER.public
    save(folder / "keys.json", keys)
    assert found(folder) >= {"files", "keys", "chain"}
    # Everything signed again by a key of one's own: found by whoever knows the key of before.
    known = folder.with_name("known.json")
    shutil.copy(folder / "snapshots" / "overall.plain.json", known)
    save(folder / "keys.json", {"keys": [{"public": OTHER_SIGNER.public, "after": 0}]})
    Chain.read(folder).rewritten(folder, OTHER_SIGNER)
    assert found(folder) == set()
    assert found(folder, pinned=SITE_SIGNER.key) == {"keys"}
    assert found(folder, known=known) == {"known"}


def test_verification_finds_a_rewritten_chain(folder: Path) -> None:
    chain = Chain.read(folder)
    known = folder.with_name("known.json")
    save(known, {**load(folder / "snapshots" / "overall.plain.json")})
    for change in (
        lambda entries: entries[:3] + entries[4:],
        lambda entries: [entries[1], entries[0], *entries[2:]],
        lambda entries: [entries[0] | {"subject": "0" * 64}, *entries[1:]],
    ):
        text = b"\n".join(map(proof.canonical, change(chain.entries)))
        (folder / "chain.ndjson").write_bytes(text)
        assert found(folder) >= {"files", "chain"}
    # By the site itself, all signatures right: whoever kept a snapshot sees it.
    save(folder / "keys.json", {"keys": [{"public": SITE_SIGNER.public, "after": 0}]})
    del chain.entries[0]
    chain.rewritten(folder, SITE_SIGNER)
    assert found(folder, known=known) >= {"known"}
    assert "chain" not in found(folder)


@pytest.mark.django_db
def test_the_database_refuses_gaps_and_changes_in_the_chain(arena_settings: ChangeSettings) -> None:
    first = seal(ChainEntry.Kind.EXPORT, "a" * 64)
    second = seal(ChainEntry.Kind.EXPORT, "b" * 64)
    assert (second.number, second.previous) == (2, first.digest)
    for values in ({"number": 4, "previous": second.digest}, {"number": 3, "previous": "c" * 64}):
        with pytest.raises(IntegrityError, match="does not follow"), transaction.atomic():
            ChainEntry.objects.create(
                digest="d" * 64,
                kind="export",
                subject="e" * 64,
                key=second.key,
                signature="f",
                **values,
            )
    # A key that was lost cannot be replaced by another one in silence.
    arena_settings(signing_keys=[base64.b64encode(bytes(32)).decode()])
    with pytest.raises(ImproperlyConfigured, match=SigningKey.objects.get().key):
        seal(ChainEntry.Kind.EXPORT, "c" * 64)


@pytest.mark.django_db(transaction=True)
def test_a_site_can_be_verified_by_its_address(
    live_server: Any, client: Client, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert main(["verify", live_server.url]) == 2
    assert "has not published an export yet" in capsys.readouterr().err
    cast_many(make_contestants(3), [Voter.objects.create() for _ in range(2)])
    export = publish_export()
    snapshot = client.get("/api/v1/boards/overall/snapshot").json()
    save(tmp_path / "snapshot.json", snapshot)
    seal(ChainEntry.Kind.EXPORT, "a" * 64)  # the site goes on
    kept = tmp_path / "kept"
    words = ["verify", live_server.url, "--keep", str(kept), "--known", tmp_path / "snapshot.json"]
    assert main([str(word) for word in words]) == 0
    assert "live chain agrees" in output_lines(capsys)
    assert not (kept / "votes.csv.gz").exists()
    assert main(["verify", f"{live_server.url}/exports/{export.name}/"]) == 0
    assert (
        len(client.get("/api/v1/chain?after=3").json()["entries"]) == ChainEntry.objects.count() - 3
    )
    for bad in ("-1", "x", "99999999999999999999"):
        assert client.get(f"/api/v1/chain?after={bad}").status_code == 400


def test_verify_prints_the_key_to_pin(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(folder)]) == 0
    command = f"python -m ratings verify {folder} --key {SITE_SIGNER.key}"
    assert command in output_lines(capsys)
    assert main(command.split()[3:]) == 0
    assert "Note it today" not in capsys.readouterr().out
    assert main(["verify", str(folder), "--key", OTHER_SIGNER.key]) == 1
    assert f"the key {OTHER_SIGNER.key} is not among them" in output_lines(capsys)


@pytest.mark.parametrize("content", [b"\x00", b"{", b"[" * 100_000, b"{}", b"[1]", b'{"keys": 1}'])
@pytest.mark.parametrize(
    ("name", "check"),
    [
        ("manifest.json", "manifest"),
        ("keys.json", "keys"),
        ("chain.ndjson", "chain"),
        ("votes.parquet", "votes"),
        ("snapshots/code.plain.json", "code.plain"),
    ],
)
def test_verification_continues_after_an_unreadable_file(
    folder: Path, name: str, check: str, content: bytes
) -> None:
    (folder / name).write_bytes(content)
    path = folder / "snapshots" / "overall.plain.json"
    document = load(path)
    document["rows"][0]["rating"] += 0.01
    save(path, document)
    checks = {check.name: check.differences for check in verify(folder)}
    assert checks[check]
    assert any(line.startswith("rating: ") for line in checks["overall.plain"])
    assert checks.keys() >= {"files", "keys", "chain", "manifest", "lang-en.plain"}


def test_verification_names_files_that_the_site_did_not_publish(folder: Path) -> None:
    (folder / "votes.csv").write_text("model_a,model_b,winner\n")
    shutil.copy(folder / "snapshots" / "code.plain.json", folder / "snapshots" / "better.json")
    (folder / ".DS_Store").write_bytes(b"")
    differences = next(check.differences for check in verify(folder) if check.name == "files")
    assert differences == [
        f"{name} is not in the manifest: the site did not publish it"
        for name in ("snapshots/better.json", "votes.csv")
    ]


def test_verification_of_a_single_file_lists_what_it_cannot_check(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "snapshots" / "overall.plain.json"
    document = load(path)
    assert main(["verify", str(path)]) == 0
    out = output_lines(capsys)
    assert "content agrees" in out
    assert "Not checked, for this is a single file:" in out
    assert "the proof: who signed it, and whether it is in the site's chain" in out
    assert "whether the counts are those of the votes" in out
    del document["notes"]["fragility"], document["proof"]
    for row in document["rows"]:
        del row["rank_low"], row["rank_high"]
    save(path, document)
    assert main(["verify", str(path)]) == 0
    out = output_lines(capsys)
    assert "rank_low, rank_high, the note fragility: the file does not have them" in out
    assert "the proof: the file has none, so anybody may have made it" in out
