"""Votes cast sooner after the answers' end than anybody could have read them.

Answers appear at a pace at which many read along, so a quick vote now and then is honest, and so
are those of somebody who sees at a glance; nearly all votes are a machine's.
"""

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import Facts, Share

FASTEST = 25.0
"""Tokens a second that nobody reads, some 1,100 words a minute."""

GLANCE = 2.0
"""Seconds in which nobody reads two answers of any length and clicks."""


class Unread(Share):
    kind = "attention"
    says = _(
        "Casts %(value)s of the votes sooner after the answers' end than anybody could read them."
    )
    level = 0.9

    def odd(self, vote: Facts) -> bool:
        return vote.reading < max(GLANCE, vote.length / FASTEST)


HABIT = Unread()
