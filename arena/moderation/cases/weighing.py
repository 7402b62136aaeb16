"""The priority of a case: the strength of its evidence times the impact of its votes."""

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from arena.integrity.models import Signal
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board
from arena.moderation.cases.queue import PAGE
from arena.moderation.evidence.board_effect import boards_by_vote, effect_without
from arena.moderation.evidence.votes import votes_of
from arena.moderation.live import announce
from arena.moderation.models import Case

LEAST_INFLUENCE = 0.1  # points; so that evidence orders cases whose votes move nothing
STALE = timedelta(hours=1)
AT_ONCE = 20  # cases updated in a minute, besides those on the first page of the queue


def priority(influence: float, log_e: float) -> float:
    """The place of a case of votes in the queue; a higher priority comes first.

    With an e-value it is the e-value's natural logarithm (at least 1) times the influence in points
    (at least `LEAST_INFLUENCE`). Cases without one come after all of these, by their influence.
    """
    if log_e > 0:
        return max(influence, LEAST_INFLUENCE) * max(log_e, 1.0)
    return LEAST_INFLUENCE * influence / (1.0 + influence)


def weigh(case: Case) -> None:
    """Update votes, boards, evidence, influence and priority of a case; the caller saves it."""
    votes = votes_of(case)
    case.votes = len(votes)
    case.boards = sorted(set().union(*boards_by_vote(vote.texts for vote in votes).values()))
    case.log_e = max(case.log_e, _evidence(case))
    case.influence = effect_without(Board.objects.get(slug=OVERALL), votes).max_top_shift
    case.priority = priority(case.influence, case.log_e)
    case.weighed_at = timezone.now()


def _evidence(case: Case) -> float:
    """The natural logarithm of the highest e-value of the case's voters; 0 if they have none."""
    if case.kind != Signal.Kind.PREFERENCE:
        return 0.0
    peak: float | None = case.voters.aggregate(peak=Max("evidence__peak_log_e"))["peak"]
    return peak or 0.0


def weigh_stale(now: datetime) -> int:
    """Update the cases whose priority is old, and return how many these were."""
    stale = [pk for pk in _stale(now) if _weigh_again(pk, now)]
    if stale:
        announce()
    return len(stale)


def _stale(now: datetime) -> list[int]:
    """Stale cases: those on the first page of the queue, and the oldest of the others."""
    old = now - STALE
    of_votes = Case.objects.filter(battle=None)
    heads = of_votes.filter(state=Case.State.OPEN).values_list("pk", "weighed_at")[:PAGE]
    oldest = of_votes.exclude(state=Case.State.DECIDED).filter(weighed_at__lt=old)
    return list(
        dict.fromkeys(
            [pk for pk, weighed_at in heads if weighed_at < old]
            + list(oldest.order_by("weighed_at").values_list("pk", flat=True)[:AT_ONCE])
        )
    )


@transaction.atomic
def _weigh_again(case_id: int, now: datetime) -> bool:
    """Update a case, unless another process is changing it or has just updated it."""
    cases = Case.objects.select_for_update(of=("self",), skip_locked=True)
    case = cases.filter(pk=case_id, weighed_at__lt=now - STALE).first()
    if case is None or case.state == Case.State.DECIDED:
        return False
    weigh(case)
    case.save(update_fields=["votes", "boards", "log_e", "influence", "priority", "weighed_at"])
    return True
