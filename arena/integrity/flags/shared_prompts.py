"""Prompts that other voters sent before: accounts pass around prompts that identify models.

Many people send what everybody sends, now and then, and a class sends what the teacher says.
Questions of known benchmarks are left out.
"""

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import ShareFlag, VoteFeatures


class SharedPrompts(ShareFlag):
    kind = "prompt"
    message = _("Asks in %(value)s of the battles what other voters asked before.")
    level = 0.8

    def anomalous(self, vote: VoteFeatures) -> bool:
        return vote.shared


FLAG = SharedPrompts()
