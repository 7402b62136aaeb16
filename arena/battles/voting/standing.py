"""Whether a vote counts: append standings, and keep the counts in step."""

from collections.abc import Sequence

from django.db import transaction

from arena.battles.models import Answer, Side, Vote, VoteStanding, VoteWeight
from arena.battles.signals import vote_recounted
from arena.battles.voting.boards import boards_of
from arena.battles.voting.weights import style_of, tenths_of, turns_of
from arena.leaderboards.boards import boards_named
from arena.leaderboards.counting.count import count
from arena.leaderboards.models import Outcome
from arena.leaderboards.tasks import request_refit
from arena.voters.models import Member
from arena.voters.selectors import locked_cluster

INITIAL_REASON = "Counted on arrival."  # the reason of a vote's first standing


@transaction.atomic
def change_standing(
    vote: Vote,
    standing: VoteStanding.Standing,
    *,
    code: VoteStanding.Code | None = None,
    reason: str,
    author: Member | None = None,
) -> VoteStanding:
    """Append a standing to a vote; its counts follow. Returns the standing that is in force.

    A vote that has this standing already keeps the one it has.

    Args:
        author: the moderator who says so; None for the arena itself, by rule.
    """
    locked_cluster(vote.voter_id)  # before the vote, as by all who lock both
    Vote.objects.select_for_update().get(pk=vote.pk)  # two changes at once count one by one
    now = vote.standings.first()
    if now is None:
        raise AssertionError("A vote is recorded together with its first standing.")
    if now.standing == standing:
        return now
    changed = VoteStanding.objects.create(
        vote=vote, standing=standing, code=code or "", reason=reason, author=author
    )
    if VoteStanding.Standing.COUNTED in {now.standing, standing}:
        delta = 1 if standing == VoteStanding.Standing.COUNTED else -1
        update_counts(vote, delta=delta, tenths=tenths_of([vote.pk])[vote.pk])
    return changed


@transaction.atomic(savepoint=False)
def update_counts(
    vote: Vote,
    *,
    delta: int = 1,
    tenths: int = VoteWeight.FULL,
    answers: Sequence[Answer] | None = None,
    cluster: int | None = None,
    is_new: bool = False,
) -> None:
    """Put a vote into the counts of all its boards (delta 1), or take it out again (delta -1).

    Call it in the transaction that records the standing which says so.

    Args:
        tenths: the weight of the vote.
        answers: of the conversation, in its order, with their turns, if they are known.
        cluster: of its voter, locked, if it is known.
        is_new: whether the vote is being cast, and so was never counted before.

    Raises:
        django.db.IntegrityError, ValueError: the vote is taken out, but was not in.
    """
    battle = vote.battle
    if answers is None:
        answers = list(
            Answer.objects.kept()
            .filter(turn__battle=battle)
            .select_related("turn")
            .defer("text", "error_detail", "turn__prompt")
            .order_by("turn__number", "side")
        )
    turns = turns_of(answers)
    number = count(
        boards_named(boards_of(turns)),
        battle.contestant_a_id,
        battle.contestant_b_id,
        Outcome(vote.outcome),
        day=vote.cast_at.date(),
        style=(style_of(answers, Side.A), style_of(answers, Side.B)),
        cluster=locked_cluster(vote.voter_id) if cluster is None else cluster,
        tenths=tenths,
        delta=delta,
    )
    vote_recounted.send(Vote, vote=vote, delta=delta, number=number, is_new=is_new)
    transaction.on_commit(request_refit, robust=True)
