"""Battles right after one whose prompt asked the models who they are.

The vote of such a battle never counts; who goes on asking learns how the models answer. The
curious ask once or twice.
"""

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import Facts, Share


class Probing(Share):
    kind = "prompt"
    says = _("Asked before %(value)s of the battles which models answer.")
    level = 0.3

    def odd(self, vote: Facts) -> bool:
        return vote.probed


HABIT = Probing()
