from typing import Any

from django.apps import AppConfig


def check(*, voter_id: Any, **_: Any) -> None:
    from arena.integrity.tasks import request_check  # noqa: PLC0415 - apps load first

    request_check(voter_id)


class IntegrityConfig(AppConfig):
    """Checks on how voters vote: evidence, and holds that a human reviews."""

    name = "arena.integrity"

    def ready(self) -> None:
        from arena.battles.signals import vote_counted  # noqa: PLC0415 - apps load first

        vote_counted.connect(check)
