"""What happens in battles, for the apps to the right of them."""

from django.dispatch import Signal

vote_recounted = Signal()
"""Sent with `vote`, `delta`, `number` and `is_new` when a vote comes into the counts (delta 1) or
leaves them (delta -1), in the transaction that does it. `number` is what `counting.count.count` of
leaderboards returned; `is_new` says whether the vote is cast in the same transaction."""

vote_counted = Signal()
"""Sent with `voter_id` once a new vote that counts, or is of a gold question, is committed."""

decoy_wanted = Signal()
"""Sent with `voter_id` to ask which contestant's style a decoy for this voter is to mimic.

A receiver answers with the id of the contestant that the voter seems to favour or harm, or None.
It may use anything that was known before the battle is opened.
"""

linked_wanted = Signal()
"""Sent with `voter_id` to ask which other voters were found to act together with this one.

A receiver answers with their ids.
"""

gold_question_answered = Signal()
"""Sent with `vote` when a gold question is voted on, in the transaction that records the vote."""
