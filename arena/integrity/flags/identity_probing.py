"""Battles right after one in which the voter asked the models who they are.

The vote of such a battle never counts. A voter who keeps asking learns how the models answer;
curious people ask once or twice.
"""

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import ShareFlag, VoteFeatures


class IdentityProbing(ShareFlag):
    kind = "prompt"
    message = _("Asked before %(value)s of the battles which models answer.")
    level = 0.3

    def anomalous(self, vote: VoteFeatures) -> bool:
        return vote.probed


FLAG = IdentityProbing()
