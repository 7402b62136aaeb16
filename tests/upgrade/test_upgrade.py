"""Sites that earlier versions made still verify, after an upgrade, all that they ever published.

Each folder `site-YEAR-MONTH` here holds a backup of a small simulated site, made by the code of its
time, and what it had published by then. At a release, add another one and commit it:

    .venv/bin/python -m tests.upgrade site-2027-01

Never change a folder that is committed. If a test fails, the code that upgrades or reads is wrong.
"""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import psycopg
import pytest

from arena.backup.archive import Reader
from arena.embedded.backup import restore
from arena.embedded.folder import DataFolder
from arena.embedded.supervisor import DATABASE, Site
from tests.upgrade.published import chain, faults
from tests.upgrade.serving import address, manage, serving

SITES = sorted(Path(__file__).parent.glob("site-*"))
LARGEST_BYTES = 10_000_000

pytestmark = pytest.mark.timeout(600)


class Upgraded(NamedTuple):
    """A restored site that runs on today's code, and what it had published before."""

    site: Site
    before: dict[str, Any]


@pytest.fixture(scope="module", params=SITES, ids=lambda path: path.name)
def upgraded(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Upgraded]:
    kept: Path = request.param
    folder = tmp_path_factory.mktemp("upgrade") / "site"
    restore(DataFolder(folder), kept / "site.tar", say=print)
    with serving(folder) as site:
        yield Upgraded(site, json.loads((kept / "published.json").read_text()))


@pytest.mark.parametrize("kept", SITES, ids=lambda path: path.name)
def test_a_kept_site_has_the_life_of_a_real_one_and_is_small(kept: Path) -> None:
    assert sum(file.stat().st_size for file in kept.iterdir()) < LARGEST_BYTES
    before = json.loads((kept / "published.json").read_text())
    assert len(before["exports"]) > 1 and len(before["snapshots"]) > 20
    assert before["conversations"] and len(before["addresses"]) > 40
    assert any(month["decisions"] for month in before["transparency"]["months"])
    manifest = Reader(io.BytesIO((kept / "site.tar").read_bytes())).check()
    assert manifest["missing"] == []


def test_all_that_was_published_still_verifies_and_the_next_export_follows_on(
    upgraded: Upgraded,
) -> None:
    site, before = upgraded
    head = before["transparency"]["audit_log"]
    manage(site, "verify_audit_log", "--head", f"{head['lines']}:{head['digest']}")
    newest = Path(manage(site, "publish_export").split()[-1]).name
    assert len(chain(address(site))) > before["links"]
    known = before | {"exports": [*before["exports"], newest]}
    assert list(faults(address(site), known)) == []


def test_what_is_changed_afterwards_is_found(upgraded: Upgraded) -> None:
    """Each sentence of `faults` is said of a change that only it can see."""
    site, before = upgraded
    talk = next(iter(before["conversations"]))
    model = next(
        each
        for each in before["addresses"]
        if each.startswith("/contestants/") and each != "/contestants/"
    )
    with psycopg.connect(site.postgres.url(DATABASE)) as connection:
        connection.execute("SET session_replication_role = replica")  # without the triggers
        for change in (
            "UPDATE ratings_snapshot SET rows = jsonb_set(rows, '{0,rating}', '77') WHERE id = 2",
            "UPDATE ratings_chainentry SET signature = reverse(signature) WHERE number = 3",
        ):
            assert connection.execute(change).rowcount == 1
        connection.execute(
            "UPDATE battles_answer SET text = 'Other words.' FROM battles_turn"
            " WHERE turn_id = battles_turn.id AND battle_id = %s",
            [talk.split("/")[2]],
        )
        connection.execute(
            "UPDATE contestants_contestant SET slug = 'renamed' WHERE slug = %s",
            [model.split("/")[2]],
        )
    file = site.data.path / "exports" / before["exports"][0] / "votes.csv.gz"
    content = file.read_bytes()
    file.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))
    site.children.pop("web").stop()  # it keeps copies of what it has answered
    site.launch("web")
    site.wait_until_ready("web")
    few = before | {
        "snapshots": [2, 3],
        "exports": before["exports"][:1],
        "conversations": {talk: before["conversations"][talk]},
        "addresses": [model],
    }
    found = "\n".join(faults(address(site), few))
    for sentence in (
        "snapshot 2: rating: ",
        "snapshot 2: content: sealed as ",
        "entry 3: the signature is not that of its key",
        "votes.csv.gz is not the file that was published",
        f"{talk} no longer says",
        f"{model} answers 404",
    ):
        assert sentence in found, sentence
    assert "snapshot 3" not in found
