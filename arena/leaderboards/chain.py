"""Add entries to the hash chain of everything published, signed by the key in use."""

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.db import connection, transaction

from arena.leaderboards.models import ChainEntry, SigningKey, Snapshot
from arena.leaderboards.reading.snapshots import snapshot_document
from ratings import proof


@transaction.atomic
def seal_snapshot(snapshot: Snapshot) -> ChainEntry:
    """Add a snapshot to the chain, unless it is already in it."""
    lock_chain()
    known = ChainEntry.objects.filter(snapshot=snapshot).first()
    if known is not None:
        return known
    snapshot.refresh_from_db()  # as it will be read: PostgreSQL turns -0.0 into 0
    return seal(ChainEntry.Kind.SNAPSHOT, proof.digest(snapshot_document(snapshot)), snapshot)


@transaction.atomic
def seal(kind: ChainEntry.Kind, subject: str, snapshot: Snapshot | None = None) -> ChainEntry:
    """Add a signed entry to the chain.

    Args:
        subject: the digest of what is published.

    Raises:
        ImproperlyConfigured: the key that signed last is missing from ARENA_SIGNING_KEYS.
    """
    lock_chain()
    last = ChainEntry.objects.order_by("-number").first()
    number, previous = (last.number + 1, last.digest) if last else (1, "")
    signer, key = _signer(after=number - 1)
    statement = proof.chain_entry(
        number=number, previous=previous, kind=kind, subject=subject, key=signer.key
    )
    return ChainEntry.objects.create(
        number=number,
        previous=previous,
        digest=proof.digest(statement),
        kind=kind,
        subject=subject,
        snapshot=snapshot,
        key=key,
        signature=signer.sign(statement),
    )


def lock_chain() -> None:
    """Lock the chain: until the transaction ends, no other adds entries; all can read them."""
    with connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {ChainEntry._meta.db_table} IN SHARE ROW EXCLUSIVE MODE")


def _signer(*, after: int) -> tuple[proof.Signer, SigningKey]:
    """The key in use. If it is new, the key before it signs the hand-over."""
    signers = [proof.Signer.from_text(text) for text in settings.ARENA.signing_keys]
    if not signers:
        raise ImproperlyConfigured("ARENA_SIGNING_KEYS is empty: nothing can be published.")
    signer = signers[0]
    last = SigningKey.objects.order_by("-pk").first()
    if last is None:
        return signer, SigningKey.objects.create(key=signer.key, public=signer.public, after=0)
    if last.key == signer.key:
        return signer, last
    predecessor = next((known for known in signers if known.key == last.key), None)
    if predecessor is None:
        raise ImproperlyConfigured(
            f"The last signing key, {last.key}, must stand in ARENA_SIGNING_KEYS after the new one"
            " until something was published: it signs the hand-over."
        )
    statement = proof.handover(public=signer.public, previous=last.key, after=after)
    key = SigningKey.objects.create(
        key=signer.key,
        public=signer.public,
        previous=last,
        after=after,
        signature=predecessor.sign(statement),
    )
    return signer, key
