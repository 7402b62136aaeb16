"""How much votes count: the newest weight of each, and changes of many at once."""

import uuid
from collections.abc import Collection, Iterable, Mapping
from typing import NamedTuple

from django.db import connection, transaction

from arena.battles.models import Answer, Side, Turn, Vote, VoteStanding, VoteWeight
from arena.battles.voting.boards import boards_of
from arena.leaderboards.boards import boards_named
from arena.leaderboards.counting.discounts import Discount, discount
from arena.leaderboards.models import Outcome
from arena.leaderboards.tasks import request_refit
from arena.text.style import AnswerStyle
from arena.voters.selectors import locked_clusters

# A vote or a decision that waits for us in a ring is never the one to fail: we give up before
# PostgreSQL looks for rings (deadlock_timeout, 1 s by default), and come back later.
GIVE_UP = "SET LOCAL lock_timeout = '500ms'"


class Weight(NamedTuple):
    """How much a vote counts, in tenths, and the group that bounds it: empty if it counts fully."""

    tenths: int = VoteWeight.FULL
    group: str = ""


def weights_of(votes: Collection[int]) -> dict[int, Weight]:
    """The weights in force of these votes (ids), of each."""
    newest = (
        VoteWeight.objects.filter(vote__in=list(votes))
        .order_by("vote", "-pk")
        .distinct("vote")
        .values_list("vote", "tenths", "group")
    )
    return dict.fromkeys(votes, Weight()) | {
        vote: Weight(tenths, group) for vote, tenths, group in newest
    }


def tenths_of(votes: Collection[int]) -> dict[int, int]:
    """How much each of these votes (ids) counts, in tenths."""
    return {vote: weight.tenths for vote, weight in weights_of(votes).items()}


@transaction.atomic
def set_weights(weights: Mapping[int, Weight]) -> int:
    """Give votes (ids) new weights; the counts of those that count follow.

    Returns how many weights changed. A vote that no longer counts keeps its weight.

    Raises:
        django.db.OperationalError: votes, voters or counts are in use; nothing was changed.
    """
    with connection.cursor() as cursor:
        cursor.execute(GIVE_UP)
    # Voters before votes, as by all who lock both.
    voters = Vote.objects.filter(pk__in=weights).values_list("voter", flat=True)
    clusters = locked_clusters(set(voters))
    held = Vote.objects.filter(pk__in=weights).select_related("battle").order_by("pk")
    votes = {vote.pk: vote for vote in held.select_for_update(of=("self",))}
    counted = _counted(votes)
    before = weights_of(counted)
    changed = [pk for pk in sorted(counted) if before[pk] != weights[pk]]
    VoteWeight.objects.bulk_create(
        VoteWeight(vote_id=pk, tenths=weights[pk].tenths, group=weights[pk].group) for pk in changed
    )
    less = {pk: before[pk].tenths - weights[pk].tenths for pk in changed}
    moved = [votes[pk] for pk in changed if less[pk]]
    discount(_discounts(moved, less, clusters))
    if moved:
        transaction.on_commit(request_refit, robust=True)
    return len(changed)


def _counted(votes: Collection[int]) -> set[int]:
    newest = VoteStanding.objects.filter(vote__in=list(votes)).newest()
    return {
        vote
        for vote, standing in newest.values_list("vote", "standing")
        if standing == VoteStanding.Standing.COUNTED
    }


def _discounts(
    votes: Collection[Vote], less: Mapping[int, int], clusters: Mapping[uuid.UUID, int]
) -> list[Discount]:
    """These votes as they were counted, with how much less each counts."""
    answers: dict[uuid.UUID, list[Answer]] = {}
    found = (
        Answer.objects.kept()
        .filter(turn__battle__in=[vote.battle_id for vote in votes])
        .select_related("turn")
        .defer("text", "error_detail", "turn__prompt")
        .order_by("turn__number", "side")
    )
    for answer in found:
        answers.setdefault(answer.turn.battle_id, []).append(answer)
    slugs = {battle: boards_of(turns_of(own)) for battle, own in answers.items()}
    boards = {board.slug: board.pk for board in boards_named(set[str]().union(*slugs.values()))}
    return [
        Discount(
            boards=[boards[slug] for slug in slugs[vote.battle_id]],
            a=vote.battle.contestant_a_id,
            b=vote.battle.contestant_b_id,
            outcome=Outcome(vote.outcome),
            day=vote.cast_at.date(),
            style=(
                style_of(answers[vote.battle_id], Side.A),
                style_of(answers[vote.battle_id], Side.B),
            ),
            cluster=clusters[vote.voter_id],
            tenths=less[vote.pk],
        )
        for vote in votes
    ]


def turns_of(answers: Iterable[Answer]) -> list[Turn]:
    """The turns of such answers."""
    return [answer.turn for answer in answers if answer.side == Side.A]


def style_of(answers: Iterable[Answer], side: Side) -> AnswerStyle:
    """The style of one side's answers together."""
    styles = [
        (answer.style_tokens, answer.style_headers, answer.style_lists, answer.style_bold)
        for answer in answers
        if answer.side == side
    ]
    return AnswerStyle(*map(sum, zip(*styles, strict=True)))
