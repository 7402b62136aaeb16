"""Votes cast sooner after the answers were complete than anybody could have read them.

Answers are displayed at a pace at which many people read along, so a quick vote now and then is
honest, and so are those of people who decide at a glance. If nearly all votes are too fast, a
program casts them.
"""

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import ShareFlag, VoteFeatures

FASTEST = 25.0
"""Tokens a second: nobody reads about 1,100 words a minute."""

GLANCE = 2.0
"""Seconds: nobody reads two answers of any length and clicks in less."""


class TooFast(ShareFlag):
    kind = "attention"
    message = _(
        "Casts %(value)s of the votes sooner after the answers' end than anybody could read them."
    )
    level = 0.9

    def anomalous(self, vote: VoteFeatures) -> bool:
        return vote.reading < max(GLANCE, vote.length / FASTEST)


FLAG = TooFast()
