from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate, post_save


def request_case(*, found: Any, **_: Any) -> None:
    """Have the case of a new signal opened."""
    from arena.moderation.background import OPEN_CASE, request_on_commit  # noqa: PLC0415 - apps load first

    request_on_commit(OPEN_CASE, found.pk)


def open_case_of_report(*, instance: Any, created: bool, **_: Any) -> None:
    """Open the case of a new report."""
    from arena.moderation.cases.opening import take_report  # noqa: PLC0415 - apps load first

    if created:
        take_report(instance)


class ModerationConfig(AppConfig):
    """Cases, and moderators' decisions in them."""

    name = "arena.moderation"

    def ready(self) -> None:
        from arena.battles.models import Report  # noqa: PLC0415 - apps load first
        from arena.integrity.signals import signal_recorded  # noqa: PLC0415 - apps load first
        from arena.moderation.roles import make_roles  # noqa: PLC0415

        signal_recorded.connect(request_case)
        post_save.connect(open_case_of_report, sender=Report)
        post_migrate.connect(make_roles, sender=self)
