"""Votes cast before the end of both answers was in view, as the voter's page reports.

Before both answers are complete the site takes no vote. A page can report what it likes, and one
who knows what they look for may skip the end; nearly always skipping it is not reading.
"""

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import Facts, Share


class Unseen(Share):
    kind = "attention"
    says = _("Casts %(value)s of the votes before the end of both answers was in view.")
    level = 0.95

    def odd(self, vote: Facts) -> bool | None:
        return None if vote.ends_seen is None else not vote.ends_seen


HABIT = Unseen()
