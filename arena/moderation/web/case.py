"""A case: its evidence, votes and voters."""

import uuid
from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.core.paginator import Paginator
from django.db import transaction
from django.db.models import Q
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST, require_safe

from arena.battles.models import Battle, Image
from arena.battles.prompts import images
from arena.contestants.models import Contestant
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board
from arena.moderation.audit import log
from arena.moderation.cases import review
from arena.moderation.cases.queue import PAGE
from arena.moderation.cases.review import Refused
from arena.moderation.decisions.appeals import deciders
from arena.moderation.decisions.deciding import BAN_DAYS
from arena.moderation.decisions.kinds import can_be_undone, kinds_about, refusal, subject_of
from arena.moderation.decisions.scope import networks_of
from arena.moderation.decisions.voter_view import standings_of
from arena.moderation.evidence.board_effect import effect_without
from arena.moderation.evidence.charts import MOST_MODELS, evidence_of
from arena.moderation.evidence.network import picture_of
from arena.moderation.evidence.votes import exchanges_of, strongest_signal, vote_detail, votes_of
from arena.moderation.evidence.weights import Weights
from arena.moderation.models import Approval, AuditEntry, Case, Decision
from arena.moderation.roles import APPROVE, DECIDE, READ, may, requires
from arena.moderation.web.member import moderator
from arena.moderation.web.outcomes import outcomes
from arena.voters.models import Voter

MOST_VOTERS = 50  # listed in a case
KEYS = {"dismiss": "d", "hold": "h", "hide": "h", "exclude": "e", "suspend": "s"}
SHORT = {
    Decision.Kind.DISMISS: gettext_lazy("Dismiss"),
    Decision.Kind.HOLD: gettext_lazy("Keep held"),
    Decision.Kind.EXCLUDE: gettext_lazy("Exclude"),
    Decision.Kind.GROUP: gettext_lazy("Exclude as group"),
    Decision.Kind.SUSPEND: gettext_lazy("Exclude and suspend"),
    Decision.Kind.HIDE: gettext_lazy("Hide"),
}
MESSAGES = {
    Decision.Kind.DISMISS: gettext_lazy(
        "A moderator reviewed your votes and found nothing wrong. They count."
    ),
    Decision.Kind.HOLD: gettext_lazy(
        "A moderator reviewed your votes. They stay held until there is more evidence."
    ),
    Decision.Kind.EXCLUDE: gettext_lazy(
        "Your votes favour or disfavour one model, or one side, far more than the answers explain."
        " They no longer count. If this is your honest taste, please appeal: another moderator"
        " will review it."
    ),
    Decision.Kind.GROUP: gettext_lazy(
        "Your votes and those of others come from the same networks and favour the same side. They"
        " no longer count. If this is a coincidence, please appeal: another moderator will review"
        " it."
    ),
    Decision.Kind.SUSPEND: gettext_lazy(
        "Your votes favour or disfavour one model, or one side, far more than the answers explain."
        " They no longer count, and your new votes will not count either. If this is your honest"
        " taste, please appeal: another moderator will review it."
    ),
    Decision.Kind.HIDE: gettext_lazy(
        "Somebody reported a public conversation of yours, and a moderator has hidden it from"
        " others. You can still read it. If it should be public, please appeal: another moderator"
        " will review it."
    ),
}


@requires(READ)
@require_safe
@never_cache
def case_page(request: HttpRequest, case_id: int) -> HttpResponse:
    """A case with its evidence, votes and decisions. Each reading is logged."""
    cases = Case.objects.select_related("contestant", "assignee", "battle")
    case = get_object_or_404(cases, pk=case_id)
    context = {
        "case": case,
        **_dock(request, case),
        "decisions": [
            (decision, case.may_be_undone and can_be_undone(decision))
            for decision in case.decisions.select_related(
                *("author", "approval__author", "undoes", "appeal")
            ).prefetch_related(
                *("undoings__approval", "appeals__answers__approval"),
                "appeals__answers__undoings__approval",
            )
        ],
        "appeals": case.appeals.select_related("decision").prefetch_related(
            "answers__author", "answers__approval__author", "answers__undoings__approval"
        ),
        **(_content(case) if case.battle_id else _evidence(request, case)),
    }
    with transaction.atomic():
        log(AuditEntry.Action.READ_CASE, actor=moderator(request), case=case)
    name = "content" if case.battle_id else "case"
    return render(request, f"moderation/{name}.html", context)


def _dock(request: HttpRequest, case: Case) -> dict[str, Any]:
    """The context of the form at the foot of the page: what this member can do in the case now.

    `dock` is approve, waits (for another approver), claim, taken (by another reviewer), decide,
    appeal, another (moderator must answer the appeal), or empty.
    """
    member = moderator(request)
    may_decide, may_approve = may(member, DECIDE), may(member, APPROVE)
    open_states = {Case.State.OPEN, Case.State.SNOOZED}
    appeal = next((each for each in case.appeals.all() if not each.answer), None)
    waiting = case.decisions.filter(needs_second=True, approval=None).first()
    dock = ""
    if case.state == Case.State.SECOND and waiting:
        dock = "approve" if may_approve and waiting.author_id != member.pk else "waits"
    elif may_decide and (case.state in open_states or (case.state == "appealed" and appeal)):
        dock = "decide" if case.state in open_states else "appeal"
        if appeal and dock == "appeal" and member.pk in deciders(appeal.decision):
            dock = "another"
        elif case.assignee_id is None:
            dock = "claim"
        elif case.assignee_id != member.pk:
            dock = "taken"
    kinds = [
        (kind, SHORT[kind], KEYS.get(kind, ""))
        for kind in kinds_about(subject_of(case))
        if not refusal(kind, case)
    ]
    return {"dock": dock, "kinds": kinds, "appeal": appeal, "waiting": waiting}


def _content(case: Case) -> dict[str, Any]:
    """The context of a case of reported content: the reports and the conversation."""
    battles = Battle.objects.select_related("contestant_a", "contestant_b", "conversation")
    battle = battles.prefetch_related("reports").get(case=case)
    return {"battle": battle, "exchanges": exchanges_of(battle)}


def _evidence(request: HttpRequest, case: Case) -> dict[str, Any]:
    """The context of a case of votes: charts, tables, and the board without the votes."""
    slug = request.GET.get("board", OVERALL)
    board = get_object_or_404(Board, slug=slug)
    votes = votes_of(case)
    page = Paginator(votes[::-1], PAGE).get_page(request.GET.get("page"))
    ids = {contestant for vote in page for contestant in (vote.a, vote.b)}
    names = dict(Contestant.objects.filter(pk__in=ids).values_list("pk", "name"))
    evidence = evidence_of(case, strongest_signal(case), votes)
    listed = len(evidence.win_shares) if request.GET.get("models") == "all" else MOST_MODELS
    voters = list(case.voters.all()[: MOST_VOTERS + 1])
    return {
        "evidence": evidence,
        "picked": evidence.win_shares[:listed],
        "unlisted": len(evidence.win_shares[listed:]),
        "effect": effect_without(board, votes),
        "weights": Weights.of(votes),
        "boards": Board.objects.filter(slug__in=case.boards),
        "page": page,
        "rows": [(vote, names[vote.a], names[vote.b]) for vote in page],
        "voters": voters[:MOST_VOTERS],
        "voters_number": len(voters) if len(voters) <= MOST_VOTERS else case.voters.count(),
        "networks": len(networks_of(case)),
        "ban_days": BAN_DAYS,
    }


@requires(READ)
@require_safe
@never_cache
def vote_page(request: HttpRequest, case_id: int, vote_id: int) -> HttpResponse:
    """The conversation of a vote in a case. Each reading is logged."""
    case = get_object_or_404(Case, pk=case_id)
    detail = vote_detail(case, vote_id)
    if detail is None:
        raise Http404("There is no such vote.")
    with transaction.atomic():
        log(AuditEntry.Action.READ_VOTE, actor=moderator(request), case=case, vote=vote_id)
    return render(request, "moderation/vote.html", {"case": case, "detail": detail})


@requires(READ)
@require_safe
@never_cache
def image(request: HttpRequest, case_id: int, image_id: uuid.UUID) -> HttpResponse:
    """The image of a prompt in a case. Each look is logged."""
    case = get_object_or_404(Case, pk=case_id)
    found = get_object_or_404(
        Image.objects.filter(
            Q(turn__battle=case.battle_id) | Q(turn__battle__vote__voter__in=case.voters.all())
        ),
        pk=image_id,
    )
    with transaction.atomic():
        log(AuditEntry.Action.READ_IMAGE, actor=moderator(request), case=case, image=str(found.pk))
    content_type, data = images.content(found.name)
    return HttpResponse(data, content_type=content_type)


@requires(READ)
@require_safe
@never_cache
def voter_page(request: HttpRequest, voter_id: uuid.UUID) -> HttpResponse:
    """A voter: their cases, and who shares networks or prompts with them. It is logged."""
    voter = get_object_or_404(Voter, pk=voter_id)
    context = {
        "voter": voter,
        "standings": standings_of(voter),
        "cases": voter.cases.select_related("contestant"),
        "picture": picture_of(voter),
    }
    with transaction.atomic():
        log(AuditEntry.Action.READ_VOTER, actor=moderator(request), voter=str(voter.pk))
    return render(request, "moderation/voter.html", context)


@requires(DECIDE)
@require_POST
def claim(request: HttpRequest, case_id: int) -> HttpResponse:
    """Claim a case for review."""
    get_object_or_404(Case, pk=case_id)
    return perform(request, case_id, lambda: review.claim_case(case_id, moderator(request)))


@requires(DECIDE)
@require_POST
def return_to_queue(request: HttpRequest, case_id: int) -> HttpResponse:
    """Return a case to the queue."""
    get_object_or_404(Case, pk=case_id)
    return perform(request, case_id, lambda: review.return_case(case_id, moderator(request)))


def perform(request: HttpRequest, case_id: int, act: Callable[[], object]) -> HttpResponse:
    """Call a service for a case, show its outcome as a message, and return to the case."""
    try:
        done = act()
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        if isinstance(done, Decision | Approval):
            for level, text in outcomes([done]):
                messages.add_message(request, level, text)
    return redirect("moderation:case", case_id)
