"""Checks of the site as it is deployed; `migrate` and `check --database default` run them."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import connections

from arena.processes import plan


@register(Tags.database)
def enough_connections(
    databases: Sequence[str] | None = None, **_kwargs: Any
) -> list[CheckMessage]:
    """All processes together must not need more connections than PostgreSQL allows."""
    if "default" not in (databases or ()) or not settings.DATABASE_PLAN:
        return []
    with connections["default"].cursor() as cursor:
        cursor.execute(
            "SELECT current_setting('max_connections')::int,"
            " current_setting('superuser_reserved_connections')::int"
            " + current_setting('reserved_connections')::int"
        )
        most, reserved = cursor.fetchone()
    if plan.total(settings.DATABASE_PLAN) <= most - reserved:
        return []
    return [
        Error(
            f"The site's processes may open {plan.spelled_out(settings.DATABASE_PLAN)} connections"
            f" to PostgreSQL, which gives {most - reserved} (max_connections {most}, less"
            f" {reserved} that it reserves).",
            hint="Lower the numbers in DATABASE_PROCESSES, or raise max_connections.",
            id="arena.E001",
        )
    ]
