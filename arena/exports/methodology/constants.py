"""The constants in force as they are published: what a rating depends on besides the votes."""

from dataclasses import asdict
from typing import Any

from django.conf import settings

from arena.battles.models import ORIGIN_DAYS
from arena.integrity.collusion.newcomers import RELEASED_AFTER
from arena.integrity.flags import FLAGS
from arena.integrity.statistics.newcomers.crowd import Crowd
from arena.integrity.statistics.newcomers.first_votes import FIRST
from arena.integrity.statistics.voter.target_seeking import MAX_HONEST_ODDS_RATIO
from arena.integrity.statistics.voter.ties import TieNullHypothesis
from arena.integrity.statistics.weights.vote_weights import (
    BOUNDS,
    LEAST,
    MANY,
    ONE,
    SEEKS,
    SOME,
    STEPS,
    WITNESSED,
)
from arena.leaderboards.counting.windows import ROLLING
from arena.leaderboards.sampling import EXPLORATION, NEWCOMER_SHARE, NEWCOMER_VOTES
from ratings import engine


def constants() -> dict[str, Any]:
    """By subject; each is a plain value that JSON can hold."""
    return {
        "rating": engine.Conventions().as_dict(),
        "style": engine.GRID.as_dict(),
        "windows": {window.value: days for window, days in ROLLING.items()},
        "sampling": {
            "exploration": EXPLORATION,
            "newcomer_votes": NEWCOMER_VOTES,
            "newcomer_share": NEWCOMER_SHARE,
        },
        "integrity": {
            "hold_alpha": settings.ARENA.hold_alpha,
            "risk_alpha": settings.ARENA.risk_alpha,
            "check_one_in": settings.ARENA.gold_one_in,
            "check_one_in_at_risk": settings.ARENA.gold_one_in_at_risk,
            "deciding_odds": MAX_HONEST_ODDS_RATIO,
            "tie_room": TieNullHypothesis().tolerance,
            "influence": {group.name.lower(): asdict(bound) for group, bound in BOUNDS.items()},
            "influence_of_many_votes": {
                group.name.lower(): asdict(bound) for group, bound in WITNESSED.items()
            },
            "influence_days": ORIGIN_DAYS,
            "influence_classes": [ONE, SOME, MANY],
            "influence_seeks": SEEKS,
            "influence_least_variance": LEAST,
            "influence_steps": STEPS,
            "newcomers": {
                "first_votes": FIRST,
                "released_after": RELEASED_AFTER,
                **asdict(Crowd()),
            },
            "flags": {name: flag.level for name, flag in FLAGS.items()},
        },
        "export": {"smallest_cell": settings.ARENA.export_smallest_cell},
    }
