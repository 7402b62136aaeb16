"""Fetch a published export, verify it, and compare it with an earlier one.

A folder holds `manifest.json` with the SHA-256 of every other file, `keys.json`, `chain.ndjson` up
to the entry of the manifest itself, `snapshots/`, `votes.parquet` and `uncounted.parquet`.
"""

from ratings.published.comparing import Comparison, compare
from ratings.published.fetching import Unfetched, fetch
from ratings.published.verifying import key_of, load, verify, verify_alone

__all__ = [
    "Comparison",
    "Unfetched",
    "compare",
    "fetch",
    "key_of",
    "load",
    "verify",
    "verify_alone",
]
