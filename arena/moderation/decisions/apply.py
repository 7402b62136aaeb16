"""Apply a decision to its votes, in batches."""

from django.db import transaction
from django.db.models.functions import Greatest, Least

from arena.battles.models import VoteStanding
from arena.battles.voting.standing import change_standing
from arena.moderation.decisions.kinds import rule_of
from arena.moderation.models import DecidedVote, Decision

BATCH = 100  # votes; each locks the counts of its pair until the batch is committed
CODES: dict[str, str] = {
    VoteStanding.Standing.COUNTED: "",
    VoteStanding.Standing.HELD: VoteStanding.Code.REVIEW,
    VoteStanding.Standing.EXCLUDED: VoteStanding.Code.MODERATED,
}
"""The codes of standings that decisions give."""


def apply_decision(decision_id: int) -> None:
    """Give the votes of a decision their new standings; a second call changes nothing."""
    while _apply_batch(decision_id) == BATCH:
        pass


@transaction.atomic
def _apply_batch(decision_id: int) -> int:
    decision = Decision.objects.select_related("author", "approval").get(pk=decision_id)
    if not decision.in_force:
        return 0
    # Pair by pair, in the order of every other change of many votes; see `integrity.holding`.
    batch = list(
        DecidedVote.objects.select_for_update(of=("self",))
        .filter(decision=decision, after=None)
        .select_related("vote__battle", "before")
        .order_by(
            Least("vote__battle__contestant_a", "vote__battle__contestant_b"),
            Greatest("vote__battle__contestant_a", "vote__battle__contestant_b"),
            "vote",
        )[:BATCH]
    )
    before = _standings_before(decision, batch)
    for decided in batch:
        standing, code = before.get(decided.vote_id) or _given(decision)
        decided.after = change_standing(
            decided.vote,
            VoteStanding.Standing(standing),
            code=VoteStanding.Code(code) if code else None,
            reason=f"Case {decision.case_id}: {decision.reason}",
            author=decision.author,
        )
    DecidedVote.objects.bulk_update(batch, ["after"])
    return len(batch)


def _given(decision: Decision) -> tuple[str, str]:
    standing = rule_of(decision).to_standing
    if standing is None:
        raise ValueError(f"{decision} changes no votes.")
    return standing, CODES[standing]


def _standings_before(decision: Decision, batch: list[DecidedVote]) -> dict[int, tuple[str, str]]:
    """The earlier standings and codes of these votes, if the decision undoes another one."""
    rows = DecidedVote.objects.filter(
        decision=decision.undoes_id, vote__in=[decided.vote_id for decided in batch]
    ).values_list("vote", "before__standing", "before__code")
    return {vote: (standing, code) for vote, standing, code in rows}
