"""The pages that preview and make decisions."""

from dataclasses import replace
from datetime import date
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from arena.moderation.audit import log
from arena.moderation.cases import review
from arena.moderation.cases.queue import next_case
from arena.moderation.cases.review import Refused, require_claim
from arena.moderation.decisions import deciding
from arena.moderation.decisions.appeals import answer_appeal
from arena.moderation.decisions.deciding import ban_networks
from arena.moderation.decisions.preview import batch_preview, preview
from arena.moderation.models import Appeal, AuditEntry, Case, Decision
from arena.moderation.roles import APPROVE, DECIDE, requires
from arena.moderation.web.case import MESSAGES, perform
from arena.moderation.web.member import moderator
from arena.moderation.web.outcomes import outcomes
from arena.moderation.web.queue import QUEUE, _filters, parse_number


@requires(DECIDE)
@require_POST
def preview_page(request: HttpRequest) -> HttpResponse:
    """What a decision would do in each of the cases.

    A single case must be claimed already. Several are claimed here; cases that others review are
    left out.
    """
    kind, cases, scope = parse_decision(request)
    several, claimed = len(cases) > 1, []
    for case in cases:
        try:
            if several:
                review.claim_case(case.pk, moderator(request))
            else:
                require_claim(case, moderator(request))
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            claimed.append(case)
    if not claimed:
        return redirect("moderation:queue") if several else redirect(cases[0])
    cases = claimed
    previews = [preview(case, kind, scope) for case in cases]
    with transaction.atomic():
        for case in cases:
            log(AuditEntry.Action.PREVIEWED, actor=moderator(request), case=case, kind=kind)
    context = {
        "kind": kind,
        "previews": previews,
        "together": batch_preview(previews, kind, moderator(request)),
        "scope": scope,
        "chosen": " ".join(map(str, scope.get("votes", ()))),
        "message": MESSAGES[kind],
        "back": cases[0].get_absolute_url() if len(cases) == 1 else "",
    }
    return render(request, "moderation/preview.html", context)


def parse_decision(request: HttpRequest) -> tuple[Decision.Kind, list[Case], dict[str, Any]]:
    """The kind, the cases and the scope of a decision, from a form.

    Raises:
        Http404: the form names no case, no kind of decision, or a date that is none.
    """
    form = request.POST
    kind = form.get("kind", "")
    numbers = [parse_number(text) for text in form.getlist("case")]
    cases = list(Case.objects.filter(pk__in=numbers).select_related("assignee").order_by("pk"))
    if kind not in MESSAGES or not cases:
        raise Http404("There is nothing to decide.")
    scope: dict[str, Any] = {}
    for name in ("since", "until"):
        if form.get(name):
            try:
                scope[name] = date.fromisoformat(form[name]).isoformat()
            except ValueError as error:
                raise Http404("This is no date.") from error
    votes = [parse_number(text) for text in " ".join(form.getlist("votes")).split()]
    if votes:
        scope["votes"] = votes
    return Decision.Kind(kind), cases, scope


@requires(DECIDE)
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Make a decision in one case, or the same one in several."""
    kind, cases, scope = parse_decision(request)
    try:
        made = deciding.decide_cases(
            [case.pk for case in cases],
            kind,
            moderator(request),
            reason=request.POST.get("reason", ""),
            message=request.POST.get("message", ""),
            scope=scope,
        )
    except Refused as refused:
        made = deciding.Decided([], [refused])
    for why_not in made.refusals:
        messages.error(request, str(why_not))
    for level, text in outcomes(made.decisions):
        messages.add_message(request, level, text)
    if len(cases) > 1:
        return redirect("moderation:queue")
    return _onwards(request, cases[0].pk) if made.decisions else redirect(cases[0])


def _onwards(request: HttpRequest, decided: int) -> HttpResponse:
    """Redirect to the next case of the queue that the member came from, or to the queue."""
    filters = _filters(QueryDict(request.session.get(QUEUE, "")))
    if filters.state not in {Case.State.OPEN, Case.State.SNOOZED, Case.State.APPEALED}:
        filters = replace(filters, state=Case.State.OPEN)
    if filters.assignee not in {"", "me", "nobody"}:
        filters = replace(filters, assignee="")
    case = next_case(decided, filters, moderator(request).pk, timezone.now())
    if case is None:
        messages.info(request, _("That was the last case of this queue."))
        return redirect(f"{reverse('moderation:queue')}?{request.session.get(QUEUE, '')}")
    return redirect(case)


@requires(APPROVE)
@require_POST
def ban(request: HttpRequest, case_id: int) -> HttpResponse:
    """Ban the networks of a case's voters for some days."""
    get_object_or_404(Case, pk=case_id)
    days, reason = parse_number(request.POST.get("days", "")), request.POST.get("reason", "")
    return perform(
        request,
        case_id,
        lambda: ban_networks(case_id, moderator(request), days=days, reason=reason),
    )


@requires(DECIDE)
@require_POST
def undo(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Undo a decision."""
    found = get_object_or_404(Decision, pk=decision_id)
    reason = request.POST.get("reason", "")
    return perform(
        request,
        found.case_id,
        lambda: deciding.undo(found.pk, moderator(request), reason=reason),
    )


@requires(APPROVE)
@require_POST
def approve(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Approve a decision that needs a second moderator, or refuse it."""
    found = get_object_or_404(Decision, pk=decision_id)
    grant, reason = request.POST.get("grant") == "yes", request.POST.get("reason", "")
    return perform(
        request,
        found.case_id,
        lambda: deciding.approve_decision(found.pk, moderator(request), grant=grant, reason=reason),
    )


@requires(DECIDE)
@require_POST
def answer(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """Grant an appeal, or uphold the decision."""
    found = get_object_or_404(Appeal, pk=appeal_id)
    grant, form = request.POST.get("grant") == "yes", request.POST
    return perform(
        request,
        found.case_id,
        lambda: answer_appeal(
            found.pk,
            moderator(request),
            grant=grant,
            reason=form.get("reason", ""),
            message=form.get("message", ""),
        ),
    )
