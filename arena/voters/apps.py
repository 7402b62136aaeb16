from typing import Any

from django.apps import AppConfig
from django.contrib import messages
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext


class VotersConfig(AppConfig):
    name = "arena.voters"

    def ready(self) -> None:
        from allauth.mfa.signals import authenticator_added  # noqa: PLC0415 - needs the registry

        user_logged_in.connect(_keep_the_guest, dispatch_uid="arena.voters")
        authenticator_added.connect(_offer_the_way_back, dispatch_uid="arena.voters")


def _keep_the_guest(request: HttpRequest, user: Any, **_: Any) -> None:
    from arena.voters.identity import voter_id_from_cookies  # noqa: PLC0415 - needs the registry
    from arena.voters.services import claim_guest_on_login  # noqa: PLC0415

    claim_guest_on_login(user, voter_id_from_cookies(request.COOKIES))


def _offer_the_way_back(request: HttpRequest, **_: Any) -> None:
    """Link the page that somebody wanted to see when they were sent to add a second factor."""
    from arena.voters.accounts.decorators import WANTED  # noqa: PLC0415 - needs the registry

    if wanted := request.session.pop(WANTED, None):
        link = format_html('<a href="{}">{}</a>', wanted, gettext("Go on to the page you wanted"))
        messages.success(request, link)
