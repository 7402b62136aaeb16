from typing import Any

from django.apps import AppConfig
from django.contrib.auth.signals import user_logged_in
from django.http import HttpRequest


class VotersConfig(AppConfig):
    name = "arena.voters"

    def ready(self) -> None:
        user_logged_in.connect(_keep_the_guest, dispatch_uid="arena.voters")


def _keep_the_guest(request: HttpRequest, user: Any, **_: Any) -> None:
    from arena.voters.identity import voter_id_from_cookies  # noqa: PLC0415 - needs the registry
    from arena.voters.services import take_up  # noqa: PLC0415

    take_up(user, voter_id_from_cookies(request.COOKIES))
