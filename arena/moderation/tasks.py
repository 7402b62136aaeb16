"""The tasks of moderation: some services as they are, and the periodic ones."""

import numpy as np
from celery import shared_task
from django.utils import timezone

from arena.moderation import background
from arena.moderation.cases import opening
from arena.moderation.cases.simulated import open_simulated
from arena.moderation.cases.weighing import weigh_stale
from arena.moderation.decisions import apply
from arena.moderation.quality.simulate import simulate_voter
from arena.moderation.sweep import decisions_due, reports_without_case, signals_without_case
from arena.voters.bans import forget_ended

open_case = shared_task(name=background.OPEN_CASE)(opening.open_case)
apply_decision = shared_task(name=background.APPLY_DECISION)(apply.apply_decision)


@shared_task
def sweep() -> None:
    """Open the cases and apply the decisions whose task was lost; remove the bans that ended.

    It opens the due cases of the quality check too.
    """
    forget_ended()
    open_simulated(timezone.now())
    for report in reports_without_case():
        opening.take_report(report)
    for signal_id in signals_without_case():
        background.request(background.OPEN_CASE, signal_id)
    for decision_id in decisions_due():
        background.request(background.APPLY_DECISION, decision_id)


@shared_task
def weigh() -> None:
    """Update the priority of the cases where it is old."""
    weigh_stale(timezone.now())


@shared_task
def simulate() -> None:
    """Simulate a voter, if the share of simulated cases is too small."""
    simulate_voter(timezone.now(), np.random.default_rng())
