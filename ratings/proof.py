"""The signed hash chain that proves what a site published: each entry names the one before it.

An entry has its number from 1, the SHA-256 of a document as `canonical` writes it (`subject`), the
digest of the entry before it, and the key that signed it by Ed25519 (RFC 8032).
Nobody can change, drop or insert an entry without changing every later one.

A site's keys are a chain of their own: each but the first carries a hand-over signed by the one
before, which says after which entry it signs.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)

ENTRY = "blind-arena-link/1"
HANDOVER = "blind-arena-handover/1"
KEYS = "blind-arena-keys/1"
SIGNATURE = "signature"

Document = Mapping[str, Any]


class BadKey(ValueError):
    """A text that is no Ed25519 key."""


def canonical(document: Document) -> bytes:
    """A document as it is hashed and signed: JSON in ASCII, keys sorted, without spaces."""
    text = json.dumps(document, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return text.encode("ascii")


def digest(document: Document) -> str:
    """SHA-256 of a document without its `proof`, as hexadecimal digits."""
    bare = {key: value for key, value in document.items() if key != "proof"}
    return hashlib.sha256(canonical(bare)).hexdigest()


@dataclass(frozen=True, slots=True)
class Signer:
    """A private key; `key` is its fingerprint, the SHA-256 of the public one."""

    private: Ed25519PrivateKey

    @classmethod
    def from_text(cls, text: str) -> "Signer":
        """From the 32 bytes of a private key in base64.

        Raises:
            BadKey: they are none.
        """
        try:
            return cls(Ed25519PrivateKey.from_private_bytes(base64.b64decode(text, validate=True)))
        except ValueError as error:
            raise BadKey("A signing key is 32 bytes in base64.") from error

    @property
    def public(self) -> str:
        """The 32 bytes of the public key in base64."""
        return base64.b64encode(self.private.public_key().public_bytes_raw()).decode()

    @property
    def key(self) -> str:
        return fingerprint(self.public)

    def sign(self, statement: Document) -> str:
        return base64.b64encode(self.private.sign(canonical(statement))).decode()


def fingerprint(public: str) -> str:
    """The name of a key: SHA-256 of its 32 public bytes."""
    return hashlib.sha256(base64.b64decode(public)).hexdigest()


def signed_by(public: str, statement: Document, signature: str) -> bool:
    """Whether this key signed this statement."""
    try:
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
        key.verify(base64.b64decode(signature), canonical(statement))
    except (InvalidSignature, ValueError, TypeError):
        return False
    return True


def chain_entry(*, number: int, previous: str, kind: str, subject: str, key: str) -> dict[str, Any]:
    """An entry before it is signed; its digest is what the next one has as `previous`."""
    return {
        "format": ENTRY,
        "number": number,
        "previous": previous,
        "kind": kind,
        "subject": subject,
        "key": key,
    }


def handover(*, public: str, previous: str, after: int) -> dict[str, Any]:
    """What a key signs to make another one its successor, from the entry after `after`."""
    return {"format": HANDOVER, "public": public, "previous": previous, "after": after}


def unsigned(statement: Document) -> dict[str, Any]:
    return {key: value for key, value in statement.items() if key != SIGNATURE}


@dataclass(frozen=True, slots=True)
class Key:
    """A public key and the number of the entry after which it signs."""

    key: str
    public: str
    after: int


def trusted_keys(published: Document, pinned: str | None = None) -> tuple[list[Key], list[str]]:
    """The keys of a site in their order, and what is wrong with them.

    Args:
        published: the document at /.well-known/blind-arena-keys.json.
        pinned: the fingerprint of a key that must be among them.
    """
    keys: list[Key] = []
    faults = []
    for entry in published.get("keys", []):
        public, after = entry["public"], entry["after"]
        if keys:
            statement = handover(public=public, previous=keys[-1].key, after=after)
            if not signed_by(keys[-1].public, statement, entry[SIGNATURE]):
                faults.append(f"key {fingerprint(public)} was not named by the one before it")
        elif after:
            faults.append("the first key does not sign from the first entry on")
        keys.append(Key(fingerprint(public), public, after))
    if not keys:
        faults.append("it has no key")
    if pinned is not None and all(key.key != pinned for key in keys):
        faults.append(f"the key {pinned} is not among them")
    return keys, faults


def entry_faults(entry: Document, keys: Sequence[Key]) -> Iterator[str]:
    """What is wrong with one entry by itself."""
    named = f"entry {entry['number']}"
    in_force = [key for key in keys if key.after < entry["number"]]
    if not in_force or in_force[-1].key != entry["key"]:
        yield f"{named}: signed with a key that was not in force, {entry['key']}"
    elif not signed_by(in_force[-1].public, unsigned(entry), entry[SIGNATURE]):
        yield f"{named}: the signature is not that of its key"


def chain_faults(entries: Iterable[Document], keys: Sequence[Key]) -> Iterator[str]:
    """What is wrong with a chain from its first entry on."""
    number, previous = 0, ""
    for entry in entries:
        number += 1
        if entry["number"] != number:
            yield f"entry {number} is missing: number {entry['number']} stands in its place"
            number = entry["number"]
        elif entry["previous"] != previous:
            yield f"entry {number} does not follow the one before it"
        yield from entry_faults(entry, keys)
        previous = digest(unsigned(entry))
