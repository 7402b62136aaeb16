"""Signals that leaderboards send to other apps."""

from django.dispatch import Signal

publishing = Signal()
"""Sent before snapshots are published: apps apply their pending changes of counts now."""
