"""What only a process of a running site can do to its database: `python -m tests.attacks.on_site`.

cast    casts the honest votes of the JSON on standard input
rate    computes weights and ratings again
list    prints the votes after the first so many, which are the honest ones
exclude excludes them
"""

import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from typing import Any

import django

DAYS = 14


def cast(votes: list[dict[str, Any]]) -> None:
    """Votes with `voter`, `network`, `at` (0 to 14 days, of which the last is today), `outcome`,
    and the slugs of the models `a` and `b`."""
    from arena.contestants.models import Contestant
    from arena.voters.models import Voter
    from tests.factories import NewBattle, make_battles

    now = datetime.now(UTC)
    midnight = datetime.combine(now.date(), time(), UTC)
    model = {contestant.slug: contestant for contestant in Contestant.objects.all()}
    numbers = sorted({vote["voter"] for vote in votes})
    voters = dict(zip(numbers, Voter.objects.bulk_create(Voter() for _ in numbers), strict=True))

    def moment(at: float) -> datetime:
        day = midnight - timedelta(days=DAYS - 1 - int(at))
        whole = now - midnight if int(at) == DAYS - 1 else timedelta(days=1)
        return day + (at % 1) * whole

    make_battles(
        NewBattle(
            model[vote["a"]],
            model[vote["b"]],
            voter=voters[vote["voter"]],
            outcome=vote["outcome"],
            network=f"honest {vote['network']}",
            cast_at=moment(vote["at"]),
            opened_at=moment(vote["at"]),
            finished_at=moment(vote["at"]),
            on_boards=True,
        )
        for vote in votes
    )


def rate(_: object) -> None:
    from arena.integrity.weights.bounding import bound_influence
    from arena.leaderboards.fitting import refit_changed

    assert bound_influence() is not None
    assert refit_changed(seconds=600)


def list_(honest: int) -> None:
    from arena.battles.models import Origin, Vote, VoteStanding

    network = dict(Origin.objects.values_list("battle_id", "network"))
    chosen = (
        Vote.objects.with_standing()
        .order_by("pk")
        .select_related("battle__contestant_a", "battle__contestant_b")
    )
    rows = [
        {
            "voter": str(vote.voter_id),
            "network": network[vote.battle_id],
            "a": vote.battle.contestant_a.slug,
            "b": vote.battle.contestant_b.slug,
            "outcome": vote.outcome,
        }
        for vote in chosen[honest:]
        if vote.standing == VoteStanding.Standing.COUNTED
    ]
    print(json.dumps(rows))


def exclude(honest: int) -> None:
    from arena.battles.models import Vote, VoteStanding
    from arena.battles.voting.standing import change_standing

    for vote in Vote.objects.order_by("pk")[honest:]:
        change_standing(vote, VoteStanding.Standing.EXCLUDED, reason="The attack is over.")


COMMANDS: dict[str, Callable[[Any], None]] = {
    "cast": cast,
    "rate": rate,
    "list": list_,
    "exclude": exclude,
}

if __name__ == "__main__":
    django.setup()
    COMMANDS[sys.argv[1]](json.load(sys.stdin))
