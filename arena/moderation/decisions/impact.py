"""The impact of decisions on the ratings, and when a second moderator must approve them.

A moderator who decides case by case moves the board as far as one who decides all cases at once. So
a decision is measured together with what its author decided in the `WINDOW` before it.
"""

from collections.abc import Collection, Iterable
from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board
from arena.moderation.decisions.kinds import RULES
from arena.moderation.evidence.board_effect import board_effect, changes_to
from arena.moderation.evidence.votes import COUNTED, CaseVote, votes_decided_in
from arena.moderation.models import DecidedVote, Decision
from arena.voters.models import Member

WINDOW = timedelta(days=1)


def max_rating_impact(
    kind: Decision.Kind,
    votes: Iterable[CaseVote],
    author: Member,
    undoes: Decision | None = None,
) -> float:
    """The most points by which a top-10 model of the overall board moves, with and without it.

    It is computed for this decision together with those of the same author in the last `WINDOW`
    that took effect without a second moderator and were not undone. Excluding a vote is compared
    with counting it, even if the vote is held: it is then that the board loses it.

    Args:
        votes: those that the decision changes, of one case or of several.
        undoes: the decision that it undoes.
    """
    own = list(votes)
    if not RULES[kind].large_needs_second or not own:
        return 0.0
    counts = _counts_after(kind, Decision.Kind(undoes.kind) if undoes else None)
    each = {(vote.voter_id, vote.pk): (vote, counts) for vote in own}
    each = {(vote.voter_id, vote.pk): (vote, then) for vote, then in _recent(author)} | each
    return _shift(each.values())


def needs_second(influence: float) -> bool:
    """Whether a second moderator must approve decisions of this impact, in points."""
    return influence > settings.ARENA.second_moderator_points


def _counts_after(kind: Decision.Kind, undone: Decision.Kind | None) -> bool:
    """Whether votes count after a decision: after undoing one, if they did not after that one."""
    if undone is not None:
        return not _counts_after(undone, None)
    return RULES[kind].to_standing == COUNTED


def _recent(author: Member) -> list[tuple[CaseVote, bool]]:
    """The votes that this author changed in the last `WINDOW` without a second moderator, and
    whether each counts after the change."""
    decisions = Decision.objects.filter(
        author=author,
        created_at__gte=timezone.now() - WINDOW,
        kind__in=[kind for kind, rule in RULES.items() if rule.large_needs_second],
        needs_second=False,
        case__simulation=None,
    ).prefetch_related("undoings__approval")
    made = {decision.pk for decision in decisions}
    in_force = [
        decision.pk
        for decision in decisions
        if decision.in_force and decision.undoes_id not in made  # both together change nothing
    ]
    if not in_force:
        return []
    newest = dict[int, bool]()
    rows = DecidedVote.objects.filter(decision__in=in_force).order_by("decision")
    for vote, kind, undone in rows.values_list("vote", "decision__kind", "decision__undoes__kind"):
        newest[vote] = _counts_after(Decision.Kind(kind), Decision.Kind(undone) if undone else None)
    return [(vote, newest[vote.pk]) for vote in votes_decided_in(in_force)]


def _shift(votes: Collection[tuple[CaseVote, bool]]) -> float:
    """The largest move of a top-10 model, if these votes come to count, or cease to."""
    reviewable = [(vote, counts) for vote, counts in votes if vote.is_reviewable]
    before = changes_to([(vote, not counts) for vote, counts in reviewable])
    after = changes_to(reviewable)
    return board_effect(Board.objects.get(slug=OVERALL), before, after).max_top_shift
