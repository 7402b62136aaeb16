"""Prompts that other voters asked before: fingerprints of models that accounts hand around.

Many ask what everybody asks, now and then; a class asks what the teacher says. Questions of known
benchmarks do not count.
"""

from django.utils.translation import gettext_lazy as _

from arena.integrity.statistics.flags import Facts, Share


class Shared(Share):
    kind = "prompt"
    says = _("Asks in %(value)s of the battles what other voters asked before.")
    level = 0.8

    def odd(self, vote: Facts) -> bool:
        return vote.shared


HABIT = Shared()
