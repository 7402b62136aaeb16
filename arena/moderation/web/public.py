"""Pages for voters and the public: decisions, appeals and the transparency report."""

import uuid

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from arena.moderation.audit import head
from arena.moderation.cases.review import Refused
from arena.moderation.decisions import appeals
from arena.moderation.decisions.voter_view import rulings_for, standing_counts
from arena.moderation.transparency import months
from arena.voters.identity import acting_voter_id


@require_safe
@never_cache
def rulings(request: HttpRequest) -> HttpResponse:
    """The decisions on the voter's own votes."""
    voter_id = acting_voter_id(request.user, request.COOKIES)
    context = {
        "rulings": rulings_for(voter_id) if voter_id else [],
        "standings": standing_counts(voter_id) if voter_id else {},
    }
    return render(request, "moderation/rulings.html", context)


@require_POST
def appeal(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Appeal against a decision on the voter's own votes."""
    voter_id = acting_voter_id(request.user, request.COOKIES)
    if voter_id is None or not _concerns(voter_id, decision_id):
        raise Http404("There is no such decision on your votes.")
    try:
        appeals.appeal(voter_id, decision_id, request.POST.get("text", "")[:5000])
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("We have your appeal. Another moderator will review it."))
    return redirect("moderation:rulings")


def _concerns(voter_id: uuid.UUID, decision_id: int) -> bool:
    return any(ruling.decision.pk == decision_id for ruling in rulings_for(voter_id))


@require_safe
def transparency(request: HttpRequest) -> HttpResponse:
    """The transparency report: figures of moderation by month, without names."""
    return render(request, "moderation/transparency.html", {"months": months()})


@require_safe
def transparency_json(request: HttpRequest) -> JsonResponse:
    """The transparency report as JSON, with the head of the audit log."""
    last = head()
    return JsonResponse(
        {
            "format": "blind-arena-moderation/1",
            "months": [month.as_dict() for month in months()],
            "audit_log": {"lines": last.number, "digest": last.digest},
        },
        headers={"Access-Control-Allow-Origin": "*"},
    )
