"""The site's pages. Views parse, read, render."""

import uuid

from django.conf import settings
from django.db import connection
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena.battles.models import ORIGIN_DAYS, Battle, Reaction, Report, Side, Trait, VoteWeight
from arena.battles.prompts import images
from arena.battles.reading.battle_view import BattleView, battle_of, battle_view
from arena.contestants.catalogue.reading import drawable_contestants, public_contestants, record_of
from arena.integrity.statistics.weights import influence
from arena.leaderboards.boards import OVERALL, boards, vote_count
from arena.leaderboards.models import Board, Style, Window
from arena.leaderboards.reading.history import history
from arena.leaderboards.reading.standings import standings
from arena.leaderboards.reading.view import leaderboard
from arena.leaderboards.sampling import sampled_days, sampling_rates
from arena.pages.charts import rating_chart, share_chart
from arena.voters.identity import acting_voter_id
from arena.voters.selectors import publishes
from ratings.engine import Conventions


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


@require_safe
def leaderboard_page(request: HttpRequest, slug: str = OVERALL) -> HttpResponse:
    """A leaderboard; with `?fragment=rows`, only its rows, which an open page swaps in."""
    board = get_object_or_404(Board, slug=slug)
    style = request.GET.get("style") or Style.PLAIN
    window = request.GET.get("window") or Window.ALL
    if style not in Style or window not in Window:
        raise Http404("There is no such leaderboard.")
    view = leaderboard(board, Style(style), Window(window))
    rates = sampling_rates()
    figures = [(row, rates.get(row.contestant.pk)) for row in view.rows]
    context = {"leaderboard": view, "board": board, "figures": figures}
    if request.GET.get("fragment") == "rows":
        return render(request, "_leaderboard_rows.html", context)
    chooser = {"boards": boards(), "styles": Style, "windows": Window}
    return render(request, "leaderboard.html", {**context, **chooser})


@require_safe
def contestants(request: HttpRequest) -> HttpResponse:
    """Every contestant that competes or ever competed."""
    return render(request, "contestants.html", {"contestants": public_contestants()})


SAMPLED_DAYS = 90  # that a contestant's page shows


@require_safe
def contestant(request: HttpRequest, slug: str) -> HttpResponse:
    """What a contestant is, where it stands, how its rating went, and how often it is drawn."""
    shown = get_object_or_404(public_contestants(), slug=slug)
    points = history(shown, get_object_or_404(Board, slug=OVERALL))
    days = sampled_days(shown, SAMPLED_DAYS)
    context = {
        "contestant": shown,
        "standings": standings(shown),
        "history": points[::-1],
        "chart": rating_chart(points),
        "rate": sampling_rates().get(shown.pk),
        "sampled_days": days[::-1],
        "shares": share_chart(days),
        "record": record_of(shown),
    }
    return render(request, "contestant.html", context)


@require_safe
def about(request: HttpRequest) -> HttpResponse:
    """How it works."""
    published = {
        "preliminary_votes": Conventions().preliminary_votes,
        "check_one_in": settings.ARENA.check_one_in,
        "check_one_in_at_risk": settings.ARENA.check_one_in_at_risk,
        "risk_at": round(1 / settings.ARENA.risk_alpha),
        "hold_at": round(1 / settings.ARENA.hold_alpha),
    }
    return render(request, "about.html", published)


@require_safe
def weights(request: HttpRequest) -> HttpResponse:
    """How votes are weighed, with the constants in force."""
    rule = {
        "some": influence.SOME,
        "many": influence.MANY,
        "seeks": influence.SEEKS,
        "least": influence.LEAST,
        "bounds": [
            (group, influence.BOUNDS[influence.Group[group.name]]) for group in VoteWeight.Group
        ],
        "witnessed": [
            (group, influence.WITNESSED[influence.Group[group.name]])
            for group in VoteWeight.Group
            if influence.Group[group.name] in influence.WITNESSED
        ],
        "days": ORIGIN_DAYS,
        "smallest_cell": settings.ARENA.export_smallest_cell,
    }
    return render(request, "weights.html", rule)


@require_safe
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """For load balancers: 200 as long as this process reaches the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Battles and the API are no matter for search engines."""
    return HttpResponse(
        "User-agent: *\nDisallow: /battles/\nDisallow: /api/\nDisallow: /admin/\n"
        "Disallow: /moderation/\nDisallow: /accounts/\nDisallow: /mine/\n",
        content_type="text/plain",
    )
