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
from arena.leaderboards.chain import seal
from arena.leaderboards.models import ChainEntry, SigningKey
from arena.voters.models import Voter
from ratings import proof
from ratings.cli import main
from ratings.published import compare, verify
from tests.arena_settings import ChangeSettings
from tests.exports.casting import cast_many
from tests.factories import make_contestants

Entries = list[dict[str, Any]]
OURS = proof.Signer.from_text(base64.b64encode(bytes(range(32))).decode())
THEIRS = proof.Signer.from_text(base64.b64encode(bytes(32)).decode())


@pytest.fixture(scope="module")
def published(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: Any
) -> Iterator[Path]:
    """The folder of a second export of 36 votes, between which the signing key was changed."""
    from django.conf import settings
    from django.test import override_settings

    root = tmp_path_factory.mktemp("exports")
    private = base64.b64encode(bytes(range(32))).decode()
    with django_db_blocker.unblock():
        try:
            models = make_contestants(4)
            cast_many(models, [Voter.objects.create() for _ in range(3)])
            with override_settings(
                ARENA=settings.ARENA.changed(exports=root, export_smallest_cell=2)
            ):
                publish_export()
                cast_many(models[:2], [Voter.objects.create()])
                keys = (private, *settings.ARENA.signing_keys)
                with override_settings(ARENA=settings.ARENA.changed(signing_keys=keys)):
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
    known = folder.with_name("known.json")
    shutil.copy(folder / "snapshots" / "overall.plain.json", known)
    save(folder / "keys.json", {"keys": [{"public": THEIRS.public, "after": 0}]})
    Chain.read(folder).rewritten(folder, THEIRS)
    assert found(folder) == set()
    assert found(folder, pinned=OURS.key) == {"keys"}
    assert found(folder, known=known) == {"known"}


def test_a_rewritten_chain_is_found(folder: Path) -> None:
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
    save(folder / "keys.json", {"keys": [{"public": OURS.public, "after": 0}]})
    del chain.entries[0]
    chain.rewritten(folder, OURS)
    assert found(folder, known=known) >= {"known"}
    assert "chain" not in found(folder)


@pytest.mark.django_db
def test_the_database_keeps_the_chain_whole(arena_settings: ChangeSettings) -> None:
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
def test_a_site_is_verified_by_its_address(
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
    assert "live chain agrees" in told(capsys)
    assert not (kept / "votes.csv.gz").exists()
    assert main(["verify", f"{live_server.url}/exports/{export.name}/"]) == 0
    assert (
        len(client.get("/api/v1/chain?after=3").json()["entries"]) == ChainEntry.objects.count() - 3
    )
    for bad in ("-1", "x", "99999999999999999999"):
        assert client.get(f"/api/v1/chain?after={bad}").status_code == 400


def test_verify_prints_the_key_to_pin(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verify", str(folder)]) == 0
    command = f"python -m ratings verify {folder} --key {OURS.key}"
    assert command in told(capsys)
    assert main(command.split()[3:]) == 0
    assert "Note it today" not in capsys.readouterr().out
    assert main(["verify", str(folder), "--key", THEIRS.key]) == 1
    assert f"the key {THEIRS.key} is not among them" in told(capsys)


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
def test_after_an_unusable_file_the_rest_is_still_checked(
    folder: Path, name: str, check: str, content: bytes
) -> None:
    (folder / name).write_bytes(content)
    path = folder / "snapshots" / "overall.plain.json"
    document = load(path)
    document["rows"][0]["rating"] += 0.01
    save(path, document)
    checks = {check.name: check.differences for check in verify(folder)}
    assert checks[check]
    assert any(told.startswith("rating: ") for told in checks["overall.plain"])
    assert checks.keys() >= {"files", "keys", "chain", "manifest", "lang-en.plain"}


def test_a_file_that_the_site_did_not_publish_is_named(folder: Path) -> None:
    (folder / "votes.csv").write_text("model_a,model_b,winner\n")
    shutil.copy(folder / "snapshots" / "code.plain.json", folder / "snapshots" / "better.json")
    (folder / ".DS_Store").write_bytes(b"")
    differences = next(check.differences for check in verify(folder) if check.name == "files")
    assert differences == [
        f"{name} is not in the manifest: the site did not publish it"
        for name in ("snapshots/better.json", "votes.csv")
    ]


def test_a_file_alone_says_what_was_not_checked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = folder / "snapshots" / "overall.plain.json"
    document = load(path)
    assert main(["verify", str(path)]) == 0
    out = told(capsys)
    assert "content agrees" in out
    assert "Not checked, for this is a single file:" in out
    assert "the proof: who signed it, and whether it is in the site's chain" in out
    assert "whether the counts are those of the votes" in out
    del document["notes"]["fragility"], document["proof"]
    for row in document["rows"]:
        del row["rank_low"], row["rank_high"]
    save(path, document)
    assert main(["verify", str(path)]) == 0
    out = told(capsys)
    assert "rank_low, rank_high, the note fragility: the file does not have them" in out
    assert "the proof: the file has none, so anybody may have made it" in out


def first_of(published: Path) -> Path:
    """The export before that one."""
    return sorted(path for path in published.parent.iterdir() if path.name[0].isdigit())[0]


def signed_again(folder: Path) -> None:
    """As the site itself can: right digests of the files, and a new entry in place of the last."""
    manifest = load(folder / "manifest.json")
    rehash(folder, manifest)
    old = {key: value for key, value in manifest["proof"].items() if key != "signature"}
    statement = old | {"subject": proof.digest(manifest), "key": OURS.key}
    manifest["proof"] = statement | {"signature": OURS.sign(statement)}
    save(folder / "manifest.json", manifest)


def to_month(month: int) -> Callable[[pl.DataFrame], pl.DataFrame]:
    from datetime import UTC, datetime

    def change(votes: pl.DataFrame) -> pl.DataFrame:
        last = pl.int_range(pl.len()) == pl.len() - 1
        moved = pl.lit(datetime(2026, month, 1, tzinfo=UTC).timestamp())
        return votes.with_columns(tstamp=pl.when(last).then(moved).otherwise(pl.col("tstamp")))

    return change


def withheld(votes: pl.DataFrame) -> pl.DataFrame:
    last = pl.int_range(pl.len()) == pl.len() - 1
    return votes.with_columns(
        tstamp=pl.when(last).then(None).otherwise(pl.col("tstamp")),
        period=pl.when(last).then(pl.lit("withheld")).otherwise(pl.col("period")),
    )


@pytest.mark.parametrize(
    ("change", "differing"),
    [
        (lambda votes: votes, set()),
        (lambda votes: votes.head(-1), {"dropped"}),
        (change_a_vote, {"dropped", "added"}),
        (to_month(2), {"dropped", "added"}),
        (withheld, set()),  # an export tells the months of fewer votes, or of more
    ],
)
@pytest.mark.parametrize("name", ["votes.parquet", "uncounted.parquet"])
def test_votes_that_the_site_itself_drops_between_two_exports_are_found(
    published: Path, folder: Path, name: str, change: Any, differing: set[str]
) -> None:
    change(pl.read_parquet(folder / name)).write_parquet(folder / name)
    if differing:
        found = {check.name for check in compare(published, folder).checks if check.differences}
        assert found == differing | {"files after"}
    signed_again(folder)
    chain = [*map(json.loads, (folder / "chain.ndjson").read_text().splitlines())]
    found = {check.name for check in compare(published, folder).checks if check.differences}
    assert found - {"chain"} == differing
    assert len(chain) > 2


def test_votes_that_change_their_standing_are_told_but_are_not_gone(
    published: Path, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    counted = pl.read_parquet(folder / "votes.parquet")
    others = pl.read_parquet(folder / "uncounted.parquet")
    moved = counted.tail(3).with_columns(standing=pl.lit("excluded"), reason=pl.lit("moderated"))
    counted.head(-3).write_parquet(folder / "votes.parquet")
    pl.concat([others, moved]).write_parquet(folder / "uncounted.parquet")
    signed_again(folder)
    found = compare(published, folder)
    assert not any(check.differences for check in found.checks if check.name != "chain")
    assert found.votes[0] == found.votes[1] == len(counted) + len(others)
    assert found.standings[0]["counted"] - found.standings[1]["counted"] == 3
    assert found.moved


def test_the_next_export_of_a_site_is_compared(
    published: Path, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """Its new votes are of a month that was over when the one before was made."""
    before = first_of(published)
    assert main(["compare-exports", str(before), str(published)]) == 1
    out = told(capsys)
    assert {"files before agrees", "files after agrees", "chain agrees", "dropped agrees"} <= set(
        out
    )
    assert "added differs" in out
    assert any("in 2026-03, which was over: " in line for line in out)
    assert main(["compare-exports", str(before), str(before)]) == 0
    assert told(capsys)[-1] == "No vote of the earlier export is gone."
    assert main(["compare-exports", str(published), str(before)]) == 2
    assert "must be the earlier one" in capsys.readouterr().err
    assert main(["compare-exports", str(published), str(tmp_path)]) == 2
    other = Path(shutil.copytree(published, tmp_path / "other"))
    save(other / "manifest.json", load(other / "manifest.json") | {"made_at": "x"})
    assert main(["compare-exports", str(published), str(other)]) == 2
