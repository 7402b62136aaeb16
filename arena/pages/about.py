"""How the arena works, and how votes are weighed."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from arena.battles.models import ORIGIN_DAYS, VoteWeight
from arena.integrity.statistics.weights import vote_weights
from ratings.engine import Conventions


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """How it works."""
    published = {
        "preliminary_votes": Conventions().preliminary_votes,
        "check_one_in": settings.ARENA.gold_one_in,
        "check_one_in_at_risk": settings.ARENA.gold_one_in_at_risk,
        "risk_at": round(1 / settings.ARENA.risk_alpha),
        "hold_at": round(1 / settings.ARENA.hold_alpha),
    }
    return render(request, "about.html", published)


@require_safe
def weights(request: HttpRequest) -> HttpResponse:
    """How votes are weighed, with the constants in force."""
    rule = {
        "some": vote_weights.SOME,
        "many": vote_weights.MANY,
        "seeks": vote_weights.SEEKS,
        "least": vote_weights.LEAST,
        "bounds": [
            (group, vote_weights.BOUNDS[vote_weights.Group[group.name]])
            for group in VoteWeight.Group
        ],
        "witnessed": [
            (group, vote_weights.WITNESSED[vote_weights.Group[group.name]])
            for group in VoteWeight.Group
            if vote_weights.Group[group.name] in vote_weights.WITNESSED
        ],
        "days": ORIGIN_DAYS,
        "smallest_cell": settings.ARENA.export_smallest_cell,
    }
    return render(request, "weights.html", rule)
