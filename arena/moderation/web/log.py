"""The audit log, and the results of the quality check."""

import json
from collections.abc import Iterator

from django.core.paginator import Paginator
from django.db import transaction
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from arena.moderation.audit import head, log
from arena.moderation.cases.queue import PAGE
from arena.moderation.models import AuditEntry, Case
from arena.moderation.quality import scores
from arena.moderation.roles import APPROVE, READ_LOG, requires
from arena.moderation.web.member import moderator


@requires(APPROVE)
@require_safe
@never_cache
def quality_page(request: HttpRequest) -> HttpResponse:
    """The scores of moderators in simulated cases. Each reading is logged."""
    found = scores.judged()
    context = {
        "scores": scores.moderator_scores(found),
        "agreement": scores.agreement(found),
        "page": Paginator(found, PAGE).get_page(request.GET.get("page")),
        "waiting": Case.objects.filter(simulation__isnull=False).exclude(state="decided").count(),
    }
    with transaction.atomic():
        log(AuditEntry.Action.READ_QUALITY, actor=moderator(request))
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
        log(AuditEntry.Action.READ_LOG, actor=moderator(request), page=page.number)
    return response


@requires(READ_LOG)
@require_safe
@never_cache
def log_export(request: HttpRequest) -> StreamingHttpResponse:
    """The whole audit log, one JSON object a line, oldest first."""
    with transaction.atomic():
        log(AuditEntry.Action.EXPORTED_LOG, actor=moderator(request))
    columns = ("number", "at", "actor", "action", "case", "detail", "previous", "digest")

    def lines() -> Iterator[str]:
        for row in AuditEntry.objects.order_by("number").values(*columns).iterator():
            yield json.dumps(row | {"at": row["at"].isoformat()}) + "\n"

    return StreamingHttpResponse(
        lines(),
        content_type="application/x-ndjson",
        headers={"Content-Disposition": 'attachment; filename="audit-log.ndjson"'},
    )
