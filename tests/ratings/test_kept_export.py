"""An export that was published in December 2026 still verifies, byte for byte.

Never change a file in `export-2026-12`. If a test fails, the code that reads it is wrong.
"""

import json
import shutil
from hashlib import sha256
from pathlib import Path

import pytest

from ratings.published import verify

EXPORT = Path(__file__).with_name("export-2026-12")
MANIFEST_SHA256 = "40032c186ea30a4d88674458e08f09d383313f30c11abbf15eec2f8f8d143184"
KEY = "56475aa75463474c0285df5dbf2bcab73da651358839e9b77481b2eab107708c"


def test_the_manifest_is_the_one_that_was_published() -> None:
    """It has the digest of every other file."""
    assert sha256((EXPORT / "manifest.json").read_bytes()).hexdigest() == MANIFEST_SHA256


def test_the_kept_export_verifies() -> None:
    checks = verify(EXPORT, pinned=KEY, known=EXPORT / "snapshots" / "overall.plain.json")
    assert {check.name: check.differences for check in checks if check.differences} == {}
    assert {"files", "keys", "chain", "manifest", "known", "overall.plain"} <= {
        check.name for check in checks
    }
    assert len(checks) == 5 + len(list((EXPORT / "snapshots").iterdir()))


@pytest.mark.parametrize(
    ("file", "member"),
    [("snapshots/overall.plain.json", "rows"), ("snapshots/overall.controlled.json", "notes")],
)
def test_a_changed_file_of_the_kept_export_is_found(tmp_path: Path, file: str, member: str) -> None:
    folder = Path(shutil.copytree(EXPORT, tmp_path / "export"))
    document = json.loads((folder / file).read_text())
    changed = json.dumps(document[member]).replace("1", "2", 1)
    (folder / file).write_text(json.dumps(document | {member: json.loads(changed)}))
    differing = {check.name for check in verify(folder, pinned=KEY) if check.differences}
    assert {"files", Path(file).stem} <= differing
