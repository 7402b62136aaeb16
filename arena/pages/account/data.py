"""Download or erase all data of a visitor. For guests and members."""

import json
from collections.abc import AsyncIterator
from typing import Any

from allauth.account.decorators import reauthentication_required
from asgiref.sync import sync_to_async
from django.contrib import messages
from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from arena.battles.erasure import erase_person
from arena.battles.reading.history import exported
from arena.battles.voting.reactions import reports_of
from arena.voters.identity import COOKIE, acting_voter_id
from arena.voters.models import Member


def is_member(request: HttpRequest) -> bool:
    return isinstance(request.user, Member)


@require_safe
@never_cache
def data(request: HttpRequest) -> HttpResponse:
    """What one can do with all data of one's own."""
    return render(request, "pages/account/data.html")


@require_safe
@never_cache
def export(request: HttpRequest) -> StreamingHttpResponse:
    """All data of one's own as one JSON document, streamed."""
    voter_id = acting_voter_id(request.user, request.COOKIES)
    member = request.user if isinstance(request.user, Member) else None
    account = member and {"email": member.email, "joined": member.date_joined.isoformat()}
    head: dict[str, Any] = {
        "format": "blind-arena-own-data/1",
        "exported_at": timezone.now().isoformat(),
        "voter": str(voter_id) if voter_id else None,
        "account": account,
    }

    async def document() -> AsyncIterator[str]:
        yield json.dumps(head)[:-1] + ', "battles": ['
        separator = ""
        batches = exported(voter_id) if voter_id else iter(())
        while (batch := await sync_to_async(lambda: next(batches, None))()) is not None:
            for battle in batch:
                yield separator + json.dumps(battle, ensure_ascii=False)
                separator = ",\n"
        reports = await sync_to_async(reports_of)(voter_id) if voter_id else []
        yield '], "reports": ' + json.dumps(reports, ensure_ascii=False) + "}\n"

    response = StreamingHttpResponse(document(), content_type="application/json")
    response.headers["Content-Disposition"] = 'attachment; filename="blind-arena-my-data.json"'
    return response


@reauthentication_required(enabled=is_member)  # type: ignore[untyped-decorator]  # allauth has no types
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def erase(request: HttpRequest) -> HttpResponse:
    """Says what erasure does; when that is confirmed, does it."""
    if request.method != "POST" or "understood" not in request.POST:
        return render(
            request, "pages/account/erase.html", {"unconfirmed": request.method == "POST"}
        )
    erase_person(
        acting_voter_id(request.user, request.COOKIES),
        request.user if isinstance(request.user, Member) else None,
    )
    logout(request)
    messages.success(request, _("Your data are erased. Nothing here leads to you any more."))
    response = redirect("pages:arena")
    response.delete_cookie(COOKIE)
    return response
