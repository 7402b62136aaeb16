"""The moderators' workplace, and what voters and the public see of it. Views parse and render."""

import json
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import (
    Http404,
    HttpRequest,
    HttpResponse,
    JsonResponse,
    QueryDict,
    StreamingHttpResponse,
)
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from arena.battles.models import Battle, Image
from arena.battles.prompts import images
from arena.contestants.models import Contestant
from arena.moderation import quality, services
from arena.moderation.audit import head, log
from arena.moderation.cases.queue import (
    PAGE,
    Filters,
    counts_by_state,
    next_case,
    queue,
    reviewers,
    rows_of,
)
from arena.moderation.evidence import MOST_MODELS, evidence_of
from arena.moderation.links import picture_of
from arena.moderation.models import Appeal, Approval, AuditEntry, Case, Decision, SavedFilter
from arena.moderation.outcomes import outcomes
from arena.moderation.report import months
from arena.moderation.roles import APPROVE, DECIDE, READ, READ_LOG, may, requires
from arena.moderation.selectors import (
    at_stake,
    decisions_for,
    effect_without,
    networks_of,
    preview,
    rulings_for,
    standing_counts,
    standings_of,
    together,
)
from arena.moderation.votes import exchanges_of, signal_of, told_vote, votes_of
from arena.moderation.weights import Weights
from arena.voters.identity import acting_voter_id
from arena.voters.models import Member, Voter
from ratings.boards import OVERALL
from ratings.models import Board

MOST_VOTERS = 50  # listed in a case
QUEUE = "moderation_queue"  # of the session: what the queue was last narrowed to
KEYS = {"dismiss": "d", "hold": "h", "hide": "h", "exclude": "e", "suspend": "s"}
SHORT = {
    Decision.Kind.DISMISS: gettext_lazy("Dismiss"),
    Decision.Kind.HOLD: gettext_lazy("Keep held"),
    Decision.Kind.EXCLUDE: gettext_lazy("Exclude"),
    Decision.Kind.GROUP: gettext_lazy("Exclude as group"),
    Decision.Kind.SUSPEND: gettext_lazy("Exclude and suspend"),
    Decision.Kind.HIDE: gettext_lazy("Hide"),
}
FILTERED_BY = ("state", "kind", "board", "model", "assignee", "days", "search")
MESSAGES = {
    Decision.Kind.DISMISS: gettext_lazy(
        "A moderator looked at your votes and found nothing wrong. They count."
    ),
    Decision.Kind.HOLD: gettext_lazy(
        "A moderator looked at your votes. They stay held until more is known."
    ),
    Decision.Kind.EXCLUDE: gettext_lazy(
        "Your votes favour or disfavour one model, or one side, far more than their answers"
        " explain. They no longer count. If this is your honest taste, appeal: somebody else looks."
    ),
    Decision.Kind.GROUP: gettext_lazy(
        "Your votes come together with those of others, from the same places and for the same side."
        " They no longer count. If this is by chance, appeal: somebody else looks."
    ),
    Decision.Kind.SUSPEND: gettext_lazy(
        "Your votes favour or disfavour one model, or one side, far more than their answers"
        " explain. They no longer count, and no vote of yours counts from now on. If this is your"
        " honest taste, appeal: somebody else looks."
    ),
    Decision.Kind.HIDE: gettext_lazy(
        "A public conversation of yours was reported, and a moderator has hidden it from others."
        " You still have it. If you think that it may be read, appeal: somebody else looks."
    ),
}


def _member(request: HttpRequest) -> Member:
    if not isinstance(request.user, Member):
        raise PermissionDenied
    return request.user


@requires(READ)
@require_safe
@never_cache
def queue_page(request: HttpRequest) -> HttpResponse:
    """The queue; with `?fragment=rows`, only its rows, which an open page swaps in."""
    filters = _filters(request.GET)
    found = queue(filters, _member(request).pk, timezone.now())
    counts = counts_by_state()
    start = max(0, _number(request.GET.get("from", "0")))
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
        "reviewers": [name for name in reviewers() if name != _member(request).username],
        "days": (1, 7, 30),
        "kinds": Case.KINDS,
        "saved": SavedFilter.objects.filter(member=_member(request)),
        "decides": (Decision.Kind.DISMISS, Decision.Kind.HOLD, Decision.Kind.EXCLUDE),
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


def _number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


@requires(READ)
@require_safe
@never_cache
def case_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """All about a case on one screen. That it was read is logged."""
    cases = Case.objects.select_related("contestant", "assignee", "battle")
    case = get_object_or_404(cases, pk=case_id)
    context = {
        "case": case,
        **_dock(request, case),
        "decisions": case.decisions.select_related(
            *("author", "approval__author", "undoes", "appeal")
        ).prefetch_related(
            *("undoings__approval", "appeals__answers__approval"),
            "appeals__answers__undoings__approval",
        ),
        "appeals": case.appeals.select_related("decision").prefetch_related(
            "answers__author", "answers__approval__author", "answers__undoings__approval"
        ),
        **(_content(case) if case.battle_id else _evidence(request, case)),
    }
    with transaction.atomic():
        log(AuditEntry.Action.READ_CASE, actor=_member(request), case=case)
    name = "content" if case.battle_id else "case"
    return render(request, f"moderation/{name}.html", context)


def _dock(request: HttpRequest, case: Case) -> dict[str, Any]:
    """What this member can do in the case now: the form that is always in view.

    `dock` is second, claim, taken, decide, appeal, another (who decided), or empty.
    """
    member = _member(request)
    may_decide, may_approve = may(member, DECIDE), may(member, APPROVE)
    open_states = {Case.State.OPEN, Case.State.SNOOZED}
    appeal = next((each for each in case.appeals.all() if not each.answer), None)
    waiting = case.decisions.filter(needs_second=True, approval=None).first()
    dock = ""
    if case.state == Case.State.SECOND and waiting:
        dock = "second" if may_approve and waiting.author_id != member.pk else "waits"
    elif may_decide and (case.state in open_states or (case.state == "appealed" and appeal)):
        dock = "decide" if case.state in open_states else "appeal"
        if appeal and dock == "appeal" and member.pk in services.deciders(appeal.decision):
            dock = "another"
        elif case.assignee_id is None:
            dock = "claim"
        elif case.assignee_id != member.pk:
            dock = "taken"
    kinds = [
        (kind, SHORT[kind], KEYS.get(kind, ""))
        for kind in decisions_for(case)
        if kind != Decision.Kind.GROUP or case.voters.count() > 1
        if kind != Decision.Kind.HIDE or case.may_be_hidden
    ]
    return {"dock": dock, "kinds": kinds, "appeal": appeal, "waiting": waiting}


def _content(case: Case) -> dict[str, Any]:
    """Of a case of reported content: the reports, and the texts as they are."""
    battles = Battle.objects.select_related("contestant_a", "contestant_b", "conversation")
    battle = battles.prefetch_related("reports").get(case=case)
    return {"battle": battle, "exchanges": exchanges_of(battle)}


def _evidence(request: HttpRequest, case: Case) -> dict[str, Any]:
    """Of a case of votes: their pictures and tables, and the board without them."""
    slug = request.GET.get("board", OVERALL)
    board = get_object_or_404(Board, slug=slug)
    votes = votes_of(case)
    page = Paginator(votes[::-1], PAGE).get_page(request.GET.get("page"))
    ids = {contestant for vote in page for contestant in (vote.a, vote.b)}
    names = dict(Contestant.objects.filter(pk__in=ids).values_list("pk", "name"))
    evidence = evidence_of(case, signal_of(case), votes)
    listed = len(evidence.picked) if request.GET.get("models") == "all" else MOST_MODELS
    voters = list(case.voters.all()[: MOST_VOTERS + 1])
    return {
        "evidence": evidence,
        "picked": evidence.picked[:listed],
        "unlisted": len(evidence.picked[listed:]),
        "effect": effect_without(board, votes),
        "weights": Weights.of(votes),
        "boards": Board.objects.filter(slug__in=case.boards),
        "page": page,
        "rows": [(vote, names[vote.a], names[vote.b]) for vote in page],
        "voters": voters[:MOST_VOTERS],
        "voters_number": len(voters) if len(voters) <= MOST_VOTERS else case.voters.count(),
        "networks": len(networks_of(case)),
        "ban_days": services.BAN_DAYS,
    }


@requires(READ)
@require_safe
@never_cache
def vote_page(request: HttpRequest, case_id: int, vote_id: int) -> HttpResponse:
    """The prompts and answers behind a vote of a case. That they were read is logged."""
    case = get_object_or_404(Case, pk=case_id)
    told = told_vote(case, vote_id)
    if told is None:
        raise Http404("There is no such vote.")
    with transaction.atomic():
        log(AuditEntry.Action.READ_VOTE, actor=_member(request), case=case, vote=vote_id)
    return render(request, "moderation/vote.html", {"case": case, "told": told})


@requires(READ)
@require_safe
@never_cache
def image(request: HttpRequest, case_id: int, image_id: uuid.UUID) -> HttpResponse:
    """The image of a prompt behind a case. That it was looked at is logged."""
    case = get_object_or_404(Case, pk=case_id)
    found = get_object_or_404(
        Image.objects.filter(
            Q(turn__battle=case.battle_id) | Q(turn__battle__vote__voter__in=case.voters.all())
        ),
        pk=image_id,
    )
    with transaction.atomic():
        log(AuditEntry.Action.READ_IMAGE, actor=_member(request), case=case, image=str(found.pk))
    content_type, data = images.content(found.name)
    return HttpResponse(data, content_type=content_type)


@requires(READ)
@require_safe
@never_cache
def voter_page(request: HttpRequest, voter_id: uuid.UUID) -> HttpResponse:
    """A voter: their cases, and who shares networks and prompts with them. It is logged."""
    voter = get_object_or_404(Voter, pk=voter_id)
    context = {
        "voter": voter,
        "standings": standings_of(voter),
        "cases": voter.cases.select_related("contestant"),
        "picture": picture_of(voter),
    }
    with transaction.atomic():
        log(AuditEntry.Action.READ_VOTER, actor=_member(request), voter=str(voter.pk))
    return render(request, "moderation/voter.html", context)


@requires(READ)
@require_POST
def save_filter(request: HttpRequest) -> HttpResponse:
    """Keep what the queue is narrowed to under a name; an old one of that name is replaced."""
    asked = QueryDict(request.POST.get("query", "")[:500])
    query = urlencode({name: asked[name] for name in FILTERED_BY if asked.get(name)})
    name = request.POST.get("name", "").strip()[:60]
    if name:
        services.save_filter(_member(request), name, query)
    else:
        messages.error(request, _("Give the filter a name."))
    return redirect(f"{reverse('moderation:queue')}?{query}")


@requires(READ)
@require_POST
def drop_filter(request: HttpRequest, filter_id: int) -> HttpResponse:
    """Forget one of one's own saved filters."""
    get_object_or_404(SavedFilter, pk=filter_id, member=_member(request)).delete()
    return redirect("moderation:queue")


@requires(DECIDE)
@require_POST
def claim(request: HttpRequest, case_id: int) -> HttpResponse:
    """Take a case for review."""
    get_object_or_404(Case, pk=case_id)
    return _done(request, case_id, lambda: services.claim(case_id, _member(request)))


@requires(DECIDE)
@require_POST
def release(request: HttpRequest, case_id: int) -> HttpResponse:
    """Give a case back."""
    get_object_or_404(Case, pk=case_id)
    return _done(request, case_id, lambda: services.release(case_id, _member(request)))


def _done(request: HttpRequest, case_id: int, act: Callable[[], object]) -> HttpResponse:
    """Do it in a case, say what came of it, and go back to the case."""
    try:
        done = act()
    except services.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if isinstance(done, Decision | Approval):
            for level, text in outcomes([done]):
                messages.add_message(request, level, text)
    return redirect("moderation:case", case_id)


@requires(DECIDE)
@require_POST
def preview_page(request: HttpRequest) -> HttpResponse:
    """What a decision would do to each of the cases, before it is made.

    A single case must be claimed. Several are claimed here; those of others are left out.
    """
    kind, cases, scope = _asked(request)
    several, claimed = len(cases) > 1, []
    for case in cases:
        try:
            if several:
                services.claim(case.pk, _member(request))
            else:
                services.check_claim(case, _member(request))
        except services.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            claimed.append(case)
    if not claimed:
        return redirect("moderation:queue") if several else redirect(cases[0])
    cases = claimed
    previews = [preview(case, kind, scope) for case in cases]
    with transaction.atomic():
        for case in cases:
            log(AuditEntry.Action.PREVIEWED, actor=_member(request), case=case, kind=kind)
    context = {
        "kind": kind,
        "previews": previews,
        "together": together(previews, kind),
        "scope": scope,
        "chosen": " ".join(map(str, scope.get("votes", ()))),
        "message": MESSAGES[kind],
        "back": cases[0].get_absolute_url() if len(cases) == 1 else "",
    }
    return render(request, "moderation/preview.html", context)


def _asked(request: HttpRequest) -> tuple[Decision.Kind, list[Case], dict[str, Any]]:
    """The kind, the cases and the scope of a decision.

    Raises:
        Http404: there are no such cases, or no such decision.
    """
    form = request.POST
    kind = form.get("kind", "")
    numbers = [_number(text) for text in form.getlist("case")]
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
    votes = [_number(text) for text in " ".join(form.getlist("votes")).split()]
    if votes:
        scope["votes"] = votes
    return Decision.Kind(kind), cases, scope


@requires(DECIDE)
@require_POST
def decide(request: HttpRequest) -> HttpResponse:
    """Make a decision in one case, or the same one in several."""
    kind, cases, scope = _asked(request)
    points = at_stake(cases, kind, scope) if len(cases) > 1 else 0.0
    made = []
    for case in cases:
        try:
            decision = services.decide(
                case.pk,
                kind,
                _member(request),
                reason=request.POST.get("reason", ""),
                message=request.POST.get("message", ""),
                scope=scope,
                at_stake=points,
            )
        except services.Refused as refusal:
            messages.error(request, str(refusal))
        else:
            made.append(decision)
    for level, text in outcomes(made):
        messages.add_message(request, level, text)
    if len(cases) > 1:
        return redirect("moderation:queue")
    return _onwards(request, cases[0].pk) if made else redirect(cases[0])


def _onwards(request: HttpRequest, decided: int) -> HttpResponse:
    """From a case to the next one of the queue that the member came from, else to the queue."""
    filters = _filters(QueryDict(request.session.get(QUEUE, "")))
    if filters.state not in {Case.State.OPEN, Case.State.SNOOZED, Case.State.APPEALED}:
        filters = replace(filters, state=Case.State.OPEN)
    if filters.assignee not in {"", "me", "nobody"}:
        filters = replace(filters, assignee="")
    case = next_case(decided, filters, _member(request).pk, timezone.now())
    if case is None:
        messages.info(request, _("That was the last case of this queue."))
        return redirect(f"{reverse('moderation:queue')}?{request.session.get(QUEUE, '')}")
    return redirect(case)


@requires(APPROVE)
@require_POST
def ban(request: HttpRequest, case_id: int) -> HttpResponse:
    """Ban the networks of a case's voters for some days."""
    get_object_or_404(Case, pk=case_id)
    days, reason = _number(request.POST.get("days", "")), request.POST.get("reason", "")
    return _done(
        request,
        case_id,
        lambda: services.ban_networks(case_id, _member(request), days=days, reason=reason),
    )


@requires(DECIDE)
@require_POST
def undo(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Undo a decision."""
    found = get_object_or_404(Decision, pk=decision_id)
    reason = request.POST.get("reason", "")
    return _done(
        request,
        found.case_id,
        lambda: services.undo(found.pk, _member(request), reason=reason),
    )


@requires(APPROVE)
@require_POST
def second(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Agree with a decision that needs a second moderator, or refuse it."""
    found = get_object_or_404(Decision, pk=decision_id)
    grant, reason = request.POST.get("grant") == "yes", request.POST.get("reason", "")
    return _done(
        request,
        found.case_id,
        lambda: services.second(found.pk, _member(request), grant=grant, reason=reason),
    )


@requires(DECIDE)
@require_POST
def answer(request: HttpRequest, appeal_id: int) -> HttpResponse:
    """Grant an appeal, or uphold the decision."""
    found = get_object_or_404(Appeal, pk=appeal_id)
    grant, form = request.POST.get("grant") == "yes", request.POST
    return _done(
        request,
        found.case_id,
        lambda: services.answer_appeal(
            found.pk,
            _member(request),
            grant=grant,
            reason=form.get("reason", ""),
            message=form.get("message", ""),
        ),
    )


@requires(APPROVE)
@require_safe
@never_cache
def quality_page(request: HttpRequest) -> HttpResponse:
    """How well moderators decide, by the cases whose truth is known. That it was read is logged."""
    found = quality.judged()
    context = {
        "records": quality.records(found),
        "agreement": quality.agreement(found),
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "waiting": Case.objects.filter(simulation__isnull=False).exclude(state="decided").count(),
    }
    with transaction.atomic():
        log(AuditEntry.Action.READ_QUALITY, actor=_member(request))
    return render(request, "moderation/quality.html", context)


@requires(READ_LOG)
@require_safe
@never_cache
def log_page(request: HttpRequest) -> HttpResponse:
    """The audit log, newest first."""
    entries = AuditEntry.objects.select_related("actor")
    page = Paginator(entries, PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "head": head()}
    response = render(request, "moderation/log.html", context)
    with transaction.atomic():
        log(AuditEntry.Action.READ_LOG, actor=_member(request), page=page.number)
    return response


@requires(READ_LOG)
@require_safe
@never_cache
def log_export(request: HttpRequest) -> StreamingHttpResponse:
    """The whole audit log, one JSON object a line, oldest first."""
    with transaction.atomic():
        log(AuditEntry.Action.EXPORTED_LOG, actor=_member(request))
    columns = ("number", "at", "actor", "action", "case", "detail", "previous", "digest")

    def lines() -> Iterator[str]:
        for row in AuditEntry.objects.order_by("number").values(*columns).iterator():
            yield json.dumps(row | {"at": row["at"].isoformat()}) + "\n"

    return StreamingHttpResponse(
        lines(),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="audit-log.ndjson"'},
    )


@require_safe
@never_cache
def rulings(request: HttpRequest) -> HttpResponse:
    """What was decided on one's own votes, and why."""
    voter_id = acting_voter_id(request.user, request.COOKIES)
    context = {
        "rulings": rulings_for(voter_id) if voter_id else [],
        "standings": standing_counts(voter_id) if voter_id else {},
    }
    return render(request, "moderation/rulings.html", context)


@require_POST
def appeal(request: HttpRequest, decision_id: int) -> HttpResponse:
    """Appeal against a decision on one's own votes, once."""
    voter_id = acting_voter_id(request.user, request.COOKIES)
    if voter_id is None or not _concerns(voter_id, decision_id):
        raise Http404("There is no such decision on your votes.")
    try:
        services.appeal(voter_id, decision_id, request.POST.get("text", "")[:5000])
    except services.Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Your appeal is in. Another moderator looks at it."))
    return redirect("moderation:rulings")


def _concerns(voter_id: uuid.UUID, decision_id: int) -> bool:
    return any(ruling.decision.pk == decision_id for ruling in rulings_for(voter_id))


@require_safe
def transparency(request: HttpRequest) -> HttpResponse:
    """What moderators did, by month: numbers, and nobody's name."""
    return render(request, "moderation/transparency.html", {"months": months()})


@require_safe
def transparency_json(request: HttpRequest) -> JsonResponse:
    """The same as JSON, with the head of the audit log, for whoever wants to hold us to it."""
    last = head()
    return JsonResponse(
        {
            "format": "blind-arena-moderation/1",
            "months": [month.as_dict() for month in months()],
            "audit_log": {"lines": last.number, "digest": last.digest},
        },
        headers={"Access-Control-Allow-Origin": "*"},
    )
