"""The constants in force: everything a rating depends on besides the votes."""

from typing import Any

from django.conf import settings

from ratings import core, selectors
from ratings.services import ROLLING


def constants() -> dict[str, Any]:
    """By subject; each is a plain value that JSON can hold."""
    return {
        "rating": core.Conventions().as_dict(),
        "style": core.GRID.as_dict(),
        "windows": {window.value: days for window, days in ROLLING.items()},
        "sampling": {
            "exploration": selectors.EXPLORATION,
            "newcomer_votes": selectors.NEWCOMER_VOTES,
            "newcomer_share": selectors.NEWCOMER_SHARE,
        },
        "integrity": {
            "hold_alpha": settings.ARENA_HOLD_ALPHA,
            "risk_alpha": settings.ARENA_RISK_ALPHA,
            "check_one_in": settings.ARENA_CHECK_ONE_IN,
        },
        "export": {"smallest_cell": settings.ARENA_EXPORT_SMALLEST_CELL},
    }
