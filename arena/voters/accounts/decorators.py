"""What a view asks of who calls it."""

from collections.abc import Callable
from functools import wraps
from typing import Concatenate, ParamSpec

from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from arena.voters.identity import voter_id_from_cookies
from arena.voters.models import Member
from arena.voters.origin.network import network_of
from arena.voters.selectors import has_second_factor
from arena.voters.throttling.limits import Action, RateLimited, Visitor, consume

P = ParamSpec("P")

WANTED = "wanted_with_second_factor"
"""Where a session keeps the page that it was sent away from to add a second factor."""


def mails_limited(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Answers 429, and says when to come back, to whoever sends its form too often.

    allauth's own limits stand behind it, but do not say when.
    """

    @wraps(view)
    def limited(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if request.method == "POST":
            voter_id = voter_id_from_cookies(request.COOKIES)
            try:
                consume(Action.MAIL, Visitor(voter_id, network_of(request.META)))
            except RateLimited as refusal:
                response = render(request, "429.html", {"reason": refusal}, status=429)
                response.headers["Retry-After"] = str(refusal.budget.wait)
                return response
        return view(request, *args, **kwargs)

    return limited


def second_factor_required(
    view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
    """Lets only members with an authenticator app or a passkey through.

    Others are sent to add one, and offered the way back when they have (`arena.voters.apps`).
    """

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not isinstance(request.user, Member):
            return redirect_to_login(request.get_full_path())
        if not has_second_factor(request.user):
            messages.warning(
                request,
                _("This part of the site needs an authenticator app or a passkey. Add one first."),
            )
            if request.method == "GET":
                request.session[WANTED] = request.get_full_path()
            return redirect("mfa_index")
        return view(request, *args, **kwargs)

    return guarded
