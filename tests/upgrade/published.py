"""What a site has published: written down at one time, and checked against the site later."""

import hashlib
import itertools
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from ratings import proof, published, snapshots

EACH_KIND = 3  # addresses that are written down of pages of one kind
IDENTITY = re.compile(r"[0-9a-f-]{36}|[0-9]{4}-[0-9T-]+Z|\b[0-9]+\b")
SEEDS = (
    *("/", "/leaderboard/", "/contestants/", "/conversations/", "/about/"),
    *("/verify/", "/transparency/", "/transparency.json", "/embed/leaderboard/"),
    *("/api/v1/boards", "/api/v1/contestants", "/api/v1/exports", "/api/v1/methodology"),
    *("/api/v1/status", "/api/v1/sampling", "/api/v1/schema", "/api/v1/docs"),
)
OF_BOARD = (
    *(f"/api/v1/boards/{{}}/{kind}" for kind in ("leaderboard", "snapshot", "snapshots", "matrix")),
    *("/leaderboard/{}/", "/embed/leaderboard/{}/", "/pictures/boards/{}.png"),
)
OF_CONTESTANT = (
    *("/api/v1/contestants/{}", "/api/v1/contestants/{}/history"),
    *("/contestants/{}/", "/badge/{}.svg", "/pictures/contestants/{}.png"),
)
BOARD = "/api/v1/boards/overall/leaderboard"
# Addresses that moved before the first release.
MOVED = {"/record/": "/verify/", "/api/v1/keys": "/.well-known/blind-arena-keys.json"}
NOT_FOR_GOOD = ("/account/", "/admin/", "/static/", "/verify/blind_arena_ratings-")
Record = dict[str, Any]


def get(site: str, address: str) -> bytes:
    """What stands at an address of a site.

    Raises:
        OSError: it does not answer with success.
    """
    with urllib.request.urlopen(site + address, timeout=60) as reply:
        content: bytes = reply.read()
        return content


def get_json(site: str, address: str) -> Any:
    return json.loads(get(site, address))


def chain(site: str) -> list[dict[str, Any]]:
    """All entries that the site has now."""
    entries: list[dict[str, Any]] = []
    while more := get_json(site, f"/api/v1/chain?after={len(entries)}")["entries"]:
        entries += more
    return entries


def record(site: str, snapshots: list[int]) -> Record:
    """Write down what a site has published.

    Args:
        snapshots: ids of its snapshots.
    """
    entries = chain(site)
    addresses = crawled(site)
    talks = [each for each in addresses if re.fullmatch(r"/conversations/[0-9a-f-]{36}/", each)]
    return {
        "key": entries[-1]["key"],
        "links": len(entries),
        "last_link": proof.digest(proof.unsigned(entries[-1])),
        "snapshots": snapshots,
        "exports": [each["name"] for each in get_json(site, "/api/v1/exports")["results"]],
        "conversations": {each: said(get(site, each).decode()) for each in talks},
        "transparency": get_json(site, "/transparency.json"),
        "addresses": addresses,
    }


def said(page: str) -> list[str]:
    """The prompts and answers on the page of a conversation."""
    found = re.findall(r'data-test="(?:prompt|text-[ab])">(.*?)</div>', page, re.DOTALL)
    return [unescape(text) for text in found]


def crawled(site: str) -> list[str]:
    """Addresses that pages of the site lead to, a few of each kind."""
    boards = [board["slug"] for board in get_json(site, "/api/v1/boards")]
    models = [row["contestant"] for row in get_json(site, BOARD)["rows"]]
    queue = list(SEEDS)
    queue += [form.format(slug) for form in OF_BOARD for slug in boards[:EACH_KIND]]
    queue += [form.format(slug) for form in OF_CONTESTANT for slug in models[:EACH_KIND]]
    wanted = set(queue)
    seen = set(queue)
    found: dict[str, list[str]] = {}
    for address in queue:
        kind = IDENTITY.sub("…", re.sub(r"(?<=[a-z])/[\w-]+(?=/?$)", "/…", address))
        kept = found.setdefault(address if address in wanted else kind, [])
        if len(kept) == EACH_KIND:
            continue
        kept.append(address)
        page = get(site, address).decode(errors="replace")
        if not page.lstrip().startswith("<"):
            continue
        for link in re.findall(r'href="(/[^"#?]*)', page):
            if link not in seen and not link.startswith(NOT_FOR_GOOD):
                seen.add(link)
                queue.append(link)
    return sorted(itertools.chain.from_iterable(found.values()))


def faults(site: str, record: Record) -> Iterator[str]:
    """What the site no longer publishes as it was written down, or what does not verify."""
    entries = chain(site)
    keys, bad = proof.trusted_keys(
        get_json(site, "/.well-known/blind-arena-keys.json"), record["key"]
    )
    yield from bad
    yield from proof.chain_faults(entries, keys)
    if len(entries) < record["links"]:
        yield f"the chain has {len(entries)} entries, and had {record['links']}"
    elif proof.digest(proof.unsigned(entries[record["links"] - 1])) != record["last_link"]:
        yield "the chain is not the one that was published"
    with TemporaryDirectory() as temporary:
        folders = [Path(temporary, name) for name in sorted(record["exports"])]
        for folder in folders:
            for fault in export_faults(site, folder, record["key"]):
                yield f"export {folder.name}: {fault}"
        for before, after in itertools.pairwise(folders):
            for check in published.compare(before, after).checks:
                yield from (f"{after.name} after {before.name}: {d}" for d in check.differences)
        exported = {
            published.load(file)["proof"]["number"]
            for folder in folders
            for file in (folder / "manifest.json", *(folder / "snapshots").iterdir())
        }
    sealed = set(exported)
    for number in record["snapshots"]:
        document = get_json(site, f"/api/v1/snapshots/{number}")
        sealed.add(entry := document["proof"]["number"])
        for fault in published.verifying.subject_faults(document, entries):
            yield f"snapshot {number}: {fault}"
        for check in [] if entry in exported else snapshots.verify(document):  # no figure twice
            yield from (f"snapshot {number}: {check.name}: {d}" for d in check.differences)
    if missing := set(range(1, record["links"] + 1)) - sealed:
        yield f"nothing was found that entries {sorted(missing)} seal"
    for address, texts in record["conversations"].items():
        page = unescape(get(site, address).decode())
        yield from (f"{address} no longer says {text!r}" for text in texts if text not in page)
    months = get_json(site, "/transparency.json")["months"]
    for month in record["transparency"]["months"]:
        if month not in months:
            yield f"transparency.json no longer says {month}"
    for address in record["addresses"]:
        try:
            get(site, MOVED.get(address, address))
        except urllib.error.HTTPError as error:
            yield f"{address} answers {error.code}"


def export_faults(site: str, folder: Path, key: str) -> Iterator[str]:
    """Fetches an export into the folder that has its name."""
    published.fetch(f"{site}/exports/{folder.name}", folder)
    for check in published.verify(folder, pinned=key):
        yield from (f"{check.name}: {difference}" for difference in check.differences)
    files = published.load(folder / "manifest.json")["files"]
    for name, file in files.items():
        if name.endswith(".gz"):  # these are not fetched, for they only repeat the votes
            found = get(site, f"/exports/{folder.name}/{name}")
            if hashlib.sha256(found).hexdigest() != file["sha256"]:
                yield f"{name} is not the file that was published"
