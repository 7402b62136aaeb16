from functools import partial
from typing import Any

from django.apps import AppConfig
from django.db import transaction
from django.db.models.signals import post_migrate, post_save


def open_case(*, found: Any, **_: Any) -> None:
    from arena.moderation.tasks import request_case  # noqa: PLC0415 - apps load first

    transaction.on_commit(partial(request_case, found.pk), robust=True)


def take_report(*, instance: Any, created: bool, **_: Any) -> None:
    from arena.moderation.cases.opening import take_report  # noqa: PLC0415 - apps load first

    if created:
        take_report(instance)


class ModerationConfig(AppConfig):
    """Cases, and what moderators decide in them."""

    name = "arena.moderation"

    def ready(self) -> None:
        from arena.battles.models import Report  # noqa: PLC0415 - apps load first
        from arena.integrity.signals import signal_recorded  # noqa: PLC0415 - apps load first
        from arena.moderation.roles import make_roles  # noqa: PLC0415

        signal_recorded.connect(open_case)
        post_save.connect(take_report, sender=Report)
        post_migrate.connect(make_roles, sender=self)
