"""The queue of cases."""

from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from arena.contestants.models import Contestant
from arena.leaderboards.models import Board
from arena.moderation.cases import review
from arena.moderation.cases.queue import PAGE, Filters, counts_by_state, queue, reviewers, rows_of
from arena.moderation.decisions.kinds import RULES
from arena.moderation.models import Case, SavedFilter
from arena.moderation.roles import READ, requires
from arena.moderation.web.member import moderator

QUEUE = "moderation_queue"  # in the session: the last filters of the queue
FILTERED_BY = ("state", "kind", "board", "model", "assignee", "days", "search")


@requires(READ)
@require_safe
@never_cache
def queue_page(request: HttpRequest) -> HttpResponse:
    """The queue; with `?fragment=rows` only its rows, for the script of an open page."""
    filters = _filters(request.GET)
    found = queue(filters, moderator(request).pk, timezone.now())
    counts = counts_by_state()
    start = max(0, parse_number(request.GET.get("from", "0")))
    cases = list(found[start : start + PAGE + 1])
    query = request.GET.copy()
    query.pop("fragment", None)
    query.pop("from", None)
    if request.session.get(QUEUE) != query.urlencode():
        request.session[QUEUE] = query.urlencode()
    context = {
        "rows": rows_of(cases[:PAGE]),
        "counts": [(state, state.label, counts[state]) for state in Case.State],
        "filters": filters,
        "query": query.urlencode(),
        "older": start + PAGE if len(cases) > PAGE else None,
        "newer": max(0, start - PAGE) if start else None,
        "boards": Board.objects.values_list("slug", "name"),
        "models": Contestant.objects.order_by("name").values_list("slug", "name"),
        "reviewers": [name for name in reviewers() if name != moderator(request).username],
        "days": (1, 7, 30),
        "kinds": Case.KINDS,
        "saved": SavedFilter.objects.filter(member=moderator(request)),
        "decides": [kind for kind, rule in RULES.items() if rule.in_batch],
    }
    name = "_rows" if request.GET.get("fragment") == "rows" else "queue"
    return render(request, f"moderation/{name}.html", context)


def _filters(query: QueryDict) -> Filters:
    state = query.get("state", Case.State.OPEN)
    days = query.get("days", "")
    return Filters(
        state=state if state in Case.State.values else "",
        **{name: query.get(name, "") for name in ("kind", "board", "model", "assignee")},
        days=int(days) if days.isdecimal() and len(days) < 5 else None,
        search=query.get("search", "")[:200],
    )


def parse_number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@requires(READ)
@require_POST
def save_filter(request: HttpRequest) -> HttpResponse:
    """Save the filters of the queue under a name; they replace a saved filter of that name."""
    asked = QueryDict(request.POST.get("query", "")[:500])
    query = urlencode({name: asked[name] for name in FILTERED_BY if asked.get(name)})
    name = request.POST.get("name", "").strip()[:60]
    if name:
        review.save_filter(moderator(request), name, query)
    else:
        messages.error(request, _("Give the filter a name."))
    return redirect(f"{reverse('moderation:queue')}?{query}")


@requires(READ)
@require_POST
def drop_filter(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Delete one of the member's saved filters."""
    get_object_or_404(SavedFilter, pk=filter_id, member=moderator(request)).delete()
    return redirect("moderation:queue")
