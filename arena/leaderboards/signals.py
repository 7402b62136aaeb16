"""What the boards tell other apps."""

from django.dispatch import Signal

publishing = Signal()
"""Snapshots are about to be published: who changes counts from time to time does it now."""
