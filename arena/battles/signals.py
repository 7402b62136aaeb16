"""Signals for the apps that build on battles."""

from django.dispatch import Signal

vote_recounted = Signal()
"""Sent with `vote`, `delta`, `number` and `is_new` when a vote comes into the counts (delta 1) or
leaves them (delta -1), in the transaction that does it. `number` is what `counting.count.count` of
leaderboards returned; `is_new` says whether the vote is cast in the same transaction."""

vote_counted = Signal()
"""Sent with `voter_id` once a new vote that counts, or is of a gold question, is committed."""

gold_question_answered = Signal()
"""Sent with `vote` when a gold question is voted on, in the transaction that records the vote."""
