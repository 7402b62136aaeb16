"""The constants in force: everything a rating depends on besides the votes; and what changed.

Whoever changes a constant, or what a vote counts for, adds a `Change`: a test knows the constants
of the newest one.
"""

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.conf import settings
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from arena.battles.models import ORIGIN_DAYS
from arena.integrity.collusion.newcomers import RELEASED_AFTER
from arena.integrity.flags import HABITS
from arena.integrity.statistics.newcomers.changes import Crowd
from arena.integrity.statistics.newcomers.first_votes import FIRST
from arena.integrity.statistics.voter.target_seeking import FREELY
from arena.integrity.statistics.voter.ties import TieHonesty
from arena.integrity.statistics.weights.influence import (
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


@dataclass(frozen=True, slots=True)
class Change:
    """A version of the methodology and what is new in it.

    The first number grows when ratings of the same votes become others, the second one when what
    votes count, or how pairs are drawn, does.
    """

    version: str
    day: date
    about: Promise


CHANGES = (
    Change(
        "3.4",
        date(2026, 11, 30),
        _(
            "Voters with many votes are bounded together, too: against the middle one of what"
            " newcomers, voters with several votes, they themselves, and older votes say."
        ),
    ),
    Change(
        "3.3",
        date(2026, 11, 30),
        _(
            "The votes of newcomers about a model are tested together. If no honest crowd would"
            " cast them, those that speak for the change are held until a moderator has looked,"
            " or until their voter has shown to be honest."
        ),
    ),
    Change(
        "3.2",
        date(2026, 11, 30),
        _(
            "Ties and both bad are weighed as outcomes. Votes are held, too, of voters who vote on"
            " the battles of one model alone by calling ties, or who call ties where it meets"
            " stronger or weaker models and not elsewhere. How often anyone ties is free."
        ),
    ),
    Change(
        "3.1",
        date(2026, 11, 30),
        _(
            "A vote does not count if a prompt of its battle was put to a named model before it. A"
            " gold question (a check battle) that tells nothing is made up for by another one, and"
            " stays one when it is stopped or answered anew."
        ),
    ),
    Change(
        "3.0",
        date(2026, 11, 30),
        _(
            "Votes have weights. All votes of little-known voters together, of a network on a day,"
            " of a day, of a week, of two weeks, may move a model only as far as chance explains;"
            " what is beyond is weighed down, in tenths. Ratings as cast are beside the others."
        ),
    ),
    Change(
        "2.0",
        date(2026, 11, 30),
        _(
            "A model with few votes, or whose votes all agree, is preliminary: a prior of its"
            " board's spread holds its rating and widens its interval. Models of equal records have"
            " equal chances to be first. How firm first place is looks at all models, not at the"
            " second one only. Intervals are clustered by voter."
        ),
    ),
    Change(
        "1.4",
        date(2026, 11, 28),
        _(
            "Some check battles have an answer in the manner of another model. Voters whose votes"
            " look unusual meet more of them. Voters who share a kind of browser that few have are"
            " weighed together, too."
        ),
    ),
    Change(
        "1.3",
        date(2026, 11, 25),
        _(
            "Votes are held, too, of voters who decide the battles of one model and leave nearly"
            " all others undecided. Odd habits of reading and asking are shown to moderators, and"
            " hold no vote."
        ),
    ),
    Change(
        "1.2",
        date(2026, 11, 25),
        _(
            "Votes of programs, and of models that the voter chose, are on no board. Voters who"
            " share networks, prompts or a target are weighed together."
        ),
    ),
    Change(
        "1.1",
        date(2026, 11, 25),
        _(
            "Snapshots are signed and chained; all votes are published every week. Check battles"
            " began. A board of conversations of several turns."
        ),
    ),
    Change(
        "1.0",
        date(2026, 11, 24),
        _(
            "The first boards: overall, topics, languages, fresh prompts; with and without style"
            " control."
        ),
    ),
)
"""The newest first."""


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
            "hold_alpha": settings.ARENA_HOLD_ALPHA,
            "risk_alpha": settings.ARENA_RISK_ALPHA,
            "check_one_in": settings.ARENA_CHECK_ONE_IN,
            "check_one_in_at_risk": settings.ARENA_CHECK_ONE_IN_AT_RISK,
            "deciding_odds": FREELY,
            "tie_room": TieHonesty().room,
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
            "habits": {name: habit.level for name, habit in HABITS.items()},
        },
        "export": {"smallest_cell": settings.ARENA_EXPORT_SMALLEST_CELL},
    }
