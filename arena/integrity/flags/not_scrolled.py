"""Votes cast before the voter scrolled to the end of both answers, as the page reports.

The site accepts no vote before both answers are complete. A page can report anything, and people
who know what they look for may skip the end; but skipping it nearly always is not reading.
"""

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import ShareFlag, VoteFeatures


class NotScrolled(ShareFlag):
    kind = "attention"
    message = _("Casts %(value)s of the votes before the end of both answers was in view.")
    level = 0.95

    def anomalous(self, vote: VoteFeatures) -> bool | None:
        return None if vote.ends_seen is None else not vote.ends_seen


FLAG = NotScrolled()
