"""Making, finding and revoking keys."""

import hashlib
import secrets
from collections.abc import Sequence
from datetime import timedelta

from django.db import transaction
from django.utils import timezone

from arena.api.models import ApiKey, Scope
from arena.voters.models import Member

PREFIX = "arena_"  # by which scanners for leaked secrets find it
SHOWN = 12  # characters of a key that stay readable
MOST = 10  # keys of a member that are in force
USED_EVERY = timedelta(minutes=1)  # how exactly the last use is noted


class TooManyKeys(Exception):
    """The member has as many keys as one may have."""


@transaction.atomic
def make_key(member: Member, name: str, scopes: Sequence[Scope]) -> tuple[ApiKey, str]:
    """A new key and its text, which is known now and never again.

    Raises:
        TooManyKeys: one must be revoked first.
    """
    Member.objects.select_for_update().get(pk=member.pk)  # two requests at once count one by one
    if ApiKey.objects.filter(owner=member, revoked_at=None).count() >= MOST:
        raise TooManyKeys(f"A member has at most {MOST} keys: revoke one first.")
    text = PREFIX + secrets.token_urlsafe(32)
    key = ApiKey.objects.create(
        owner=member, name=name, prefix=text[:SHOWN], digest=digest(text), scopes=list(scopes)
    )
    return key, text


def digest(text: str) -> str:
    """What is kept of a key: it has 256 random bits, so that one plain SHA-256 cannot be undone."""
    return hashlib.sha256(text.encode()).hexdigest()


def used_key(text: str) -> ApiKey | None:
    """The key in force with this text, noted as used now; None if there is none."""
    key = (
        ApiKey.objects.select_related("owner__voter")
        .filter(digest=digest(text), revoked_at=None, owner__is_active=True)
        .first()
    )
    if key is not None:
        now = timezone.now()
        if key.last_used_at is None or key.last_used_at < now - USED_EVERY:
            ApiKey.objects.filter(pk=key.pk).update(last_used_at=now)
    return key


def revoke(member: Member, key_id: int) -> bool:
    """End a key of a member, for ever. Returns False if there is none such in force."""
    keys = ApiKey.objects.filter(owner=member, pk=key_id, revoked_at=None)
    return bool(keys.update(revoked_at=timezone.now()))
