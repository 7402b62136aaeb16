"""An export, fetched from its site."""

import json
import shutil
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

from ratings import proof
from ratings.published.verifying import CHAIN, KEYS, LIVE, MANIFEST

LIVE_KEYS = "/.well-known/blind-arena-keys.json"
ATTEMPTS = 5
TIMEOUT = 60  # seconds
READ = 1 << 20  # bytes

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
    (folder / LIVE).mkdir(exist_ok=True)
    (folder / LIVE / KEYS).write_bytes(_bytes(site + LIVE_KEYS))
    with (folder / LIVE / CHAIN).open("wb") as file:
        number = 0
        while entries := json.loads(_bytes(f"{site}/api/v1/chain?after={number}"))["entries"]:
            file.writelines(proof.canonical(entry) + b"\n" for entry in entries)
            number = entries[-1]["number"]


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
