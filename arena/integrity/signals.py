"""What the checks find, for the apps to the right of them."""

from django.dispatch import Signal

suspected = Signal()
"""Sent with `found`, an `arena.integrity.models.Signal`, in the transaction that records it.

It comes again for the same voters when their evidence has grown as much once more.
"""
