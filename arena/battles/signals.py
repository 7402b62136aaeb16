"""What happens in battles, for the apps to the right of them."""

from django.dispatch import Signal

vote_counted = Signal()
"""Sent with `voter_id` once a new vote that counts is committed."""
