"""How urgent a case is: how sure its evidence is, times how far its votes move the board."""

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

LEAST_INFLUENCE = 0.1  # points; so that evidence orders the cases that move nothing
STALE = timedelta(hours=1)
AT_ONCE = 20  # cases weighed again in a minute, besides those that head the queue


def priority(influence: float, log_e: float) -> float:
    """Where a case of votes stands in the queue.

    Cases with an e-value come first, by its logarithm (at least 1) times the influence in points
    (at least `LEAST_INFLUENCE`). Those without one come after all of these, by their influence.
    """
    if log_e > 0:
        return max(influence, LEAST_INFLUENCE) * max(log_e, 1.0)
    return LEAST_INFLUENCE * influence / (1.0 + influence)


def weigh(case: Case) -> None:
    """Set what a case is about and how urgent it is, by its votes, evidence and board as of now."""
    votes = votes_of(case)
    case.votes = len(votes)
    case.boards = sorted(set().union(*boards_by_vote(vote.texts for vote in votes).values()))
    case.log_e = max(case.log_e, _evidence(case))
    case.influence = effect_without(Board.objects.get(slug=OVERALL), votes).max_top_shift
    case.priority = priority(case.influence, case.log_e)
    case.weighed_at = timezone.now()


def _evidence(case: Case) -> float:
    """The highest e-value of the case's voters, as a logarithm; 0: it is not about one."""
    if case.kind != Signal.Kind.PREFERENCE:
        return 0.0
    peak: float | None = case.voters.aggregate(peak=Max("evidence__peak_log_e"))["peak"]
    return peak or 0.0


def weigh_stale(now: datetime) -> int:
    """Weigh again the cases whose priority is old, those that head the queue first.

    Returns: how many there were.
    """
    stale = [pk for pk in _stale(now) if _weigh_again(pk, now)]
    if stale:
        announce()
    return len(stale)


def _stale(now: datetime) -> list[int]:
    """The stale ones among the first of the open cases, and those that were weighed longest ago."""
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
    """Weigh a case, unless somebody is changing it or has just weighed it."""
    cases = Case.objects.select_for_update(of=("self",), skip_locked=True)
    case = cases.filter(pk=case_id, weighed_at__lt=now - STALE).first()
    if case is None or case.state == Case.State.DECIDED:
        return False
    weigh(case)
    case.save(update_fields=["votes", "boards", "log_e", "influence", "priority", "weighed_at"])
    return True
