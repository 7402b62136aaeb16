"""The page of a battle: prompt box, answers, vote."""

import uuid

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena.battles.models import Battle, Reaction, Report, Side, Trait
from arena.battles.prompts import images
from arena.battles.reading.battle_view import BattleView, battle_of, battle_view
from arena.contestants.catalogue.reading import drawable_contestants
from arena.leaderboards.boards import vote_count
from arena.voters.identity import acting_voter_id
from arena.voters.selectors import publishes


@require_safe
@never_cache
def arena(request: HttpRequest) -> HttpResponse:
    """The prompt box."""
    return _arena(request, None)


@require_safe
@never_cache
def battle(request: HttpRequest, battle_id: uuid.UUID) -> HttpResponse:
    """The same page, taken up at a battle of this visitor."""
    found = battle_of(acting_voter_id(request.user, request.COOKIES), battle_id)
    if found is None:
        raise Http404("There is no such battle.")
    return _arena(request, battle_view(found), Battle.Mode(found.mode))


@require_safe
@never_cache
def image(request: HttpRequest, image_id: uuid.UUID) -> HttpResponse:
    """The image of a prompt, for its voter alone."""
    found = images.image_of(acting_voter_id(request.user, request.COOKIES), image_id)
    if found is None:
        raise Http404("There is no such image.")
    try:
        content_type, data = images.content(found.name)
    except FileNotFoundError as error:
        raise Http404("The image is lost.") from error
    return HttpResponse(data, content_type=content_type)


@require_safe
@never_cache
def side_by_side(request: HttpRequest) -> HttpResponse:
    """The prompt box with two models of one's choice: not blind, and counted nowhere."""
    return _arena(request, None, Battle.Mode.SIDE_BY_SIDE)


@require_safe
@never_cache
def direct(request: HttpRequest) -> HttpResponse:
    """The prompt box with one model of one's choice, to chat with."""
    return _arena(request, None, Battle.Mode.DIRECT)


def _arena(
    request: HttpRequest, battle: BattleView | None, mode: Battle.Mode = Battle.Mode.BLIND
) -> HttpResponse:
    modes = [
        (Battle.Mode.BLIND, reverse("pages:arena"), _("Blind battle")),
        (Battle.Mode.SIDE_BY_SIDE, reverse("pages:side_by_side"), _("Side by side")),
        (Battle.Mode.DIRECT, reverse("pages:direct"), _("Direct chat")),
    ]
    drawn = drawable_contestants()
    taking = drawn.filter(takes_images=True).count()
    context = {
        "battle": battle,
        "mode": mode,
        "takes_images": taking >= (1 if mode == Battle.Mode.DIRECT else 2),
        "max_image_bytes": settings.ARENA.max_image_bytes,
        "modes": modes,
        "home": next(address for each, address, _name in modes if each == mode),
        "choice": [] if mode == Battle.Mode.BLIND else list(drawn),
        "publishes": publishes(acting_voter_id(request.user, request.COOKIES)),
        "max_prompt_chars": settings.ARENA.max_prompt_chars,
        "sides": Side.choices,
        "chosen_sides": Side.choices[:1] if mode == Battle.Mode.DIRECT else Side.choices,
        "traits": Trait.choices,
        "report_reasons": Report.Reason.choices,
        "longest_comment": Reaction.LONGEST,
        "longest_report": Report.LONGEST,
        "contestant_count": drawn.count(),
        "vote_count": vote_count(),
    }
    return render(request, "arena.html", context)
