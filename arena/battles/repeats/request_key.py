"""The key of a request that may be sent again, see `arena.battles.repeats.idempotency`."""

import uuid
from dataclasses import dataclass

from arena.battles.models import Battle, IdempotencyKey


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A key, with what is asked and who asks.

    Attributes:
        fingerprint: SHA-256 in hex of what is asked.
        browser: a digest of the browser's CSRF cookie; empty for programs.
        voter_id: None for a newcomer, who is then known by `browser`.
    """

    key: str
    fingerprint: str
    browser: str
    voter_id: uuid.UUID | None

    def row(self, battle: Battle) -> IdempotencyKey:
        """What is to be inserted in the transaction that makes, or changes, the battle."""
        return IdempotencyKey(
            voter_id=self.voter_id or battle.voter_id,
            browser=self.browser,
            key=self.key,
            fingerprint=self.fingerprint,
            battle=battle,
        )
