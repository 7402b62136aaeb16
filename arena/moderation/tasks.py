"""Cases in the background: opening them, and doing what was decided."""

import logging

import numpy as np
from celery import Task, shared_task
from django.utils import timezone

from arena.moderation.cases import opening
from arena.moderation.cases.opening import take_report
from arena.moderation.cases.simulated import open_simulated
from arena.moderation.cases.weighing import weigh_stale
from arena.moderation.decisions import apply
from arena.moderation.quality import simulate as simulate_
from arena.moderation.sweep import decisions_due, reports_without_case, signals_without_case
from arena.voters.bans import forget_ended

logger = logging.getLogger(__name__)


def request_case(signal_id: int) -> None:
    """Have a signal's case opened."""
    _request(open_case, signal_id)


def request_decision(decision_id: int) -> None:
    """Have a decision done."""
    _request(apply_decision, decision_id)


def _request(task: "Task[[int], None]", pk: int) -> None:
    try:
        task.delay(pk)
    except task.OperationalError:
        logger.warning("The broker is down; the next sweep does what was missed.")


@shared_task
def open_case(signal_id: int) -> None:
    """Open the case of a signal, or add the signal to the case that there is."""
    opening.open_case(signal_id)


@shared_task
def apply_decision(decision_id: int) -> None:
    """Change the standings of a decision's votes."""
    apply.apply_decision(decision_id)


@shared_task
def sweep() -> None:
    """Open the cases and do the decisions whose task was lost; forget the bans that ended.

    The cases of the quality check are opened here too.
    """
    forget_ended()
    open_simulated(timezone.now())
    for report in reports_without_case():
        take_report(report)
    for signal_id in signals_without_case():
        request_case(signal_id)
    for decision_id in decisions_due():
        request_decision(decision_id)


@shared_task
def weigh() -> None:
    """Compute anew how urgent the cases are whose priority is old."""
    weigh_stale(timezone.now())


@shared_task
def simulate() -> None:
    """Keep the share of simulated cases what it is to be."""
    simulate_.simulate(timezone.now(), np.random.default_rng())
