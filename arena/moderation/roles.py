"""The roles of moderators and their permissions. Each role needs a second factor too."""

from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.models import Group, Permission
from django.core.exceptions import PermissionDenied
from django.db import models
from django.http import HttpRequest, HttpResponseBase

from arena.voters.accounts.decorators import second_factor_required
from arena.voters.models import Member
from arena.voters.selectors import has_second_factor

P = ParamSpec("P")
READ, DECIDE, APPROVE, READ_LOG = "read_evidence", "decide", "approve", "read_log"


class Role(models.TextChoices):
    """Roles, by the names of their groups."""

    MODERATOR = "moderator", "moderator"
    SENIOR = "senior moderator", "senior moderator"
    OPERATOR = "operator", "operator"
    AUDITOR = "auditor", "auditor"


PERMISSIONS = {
    Role.MODERATOR: {READ, DECIDE},
    Role.SENIOR: {READ, DECIDE, APPROVE, READ_LOG},
    Role.OPERATOR: {READ, READ_LOG},
    Role.AUDITOR: {READ, READ_LOG},
}


def make_roles(**_: Any) -> None:
    """Give the groups the permissions of their roles, after the migrations."""
    known = {
        permission.codename: permission
        for permission in Permission.objects.filter(
            content_type__app_label="moderation", content_type__model="case"
        )
    }
    for role, names in PERMISSIONS.items():
        group = Group.objects.get_or_create(name=role)[0]
        group.permissions.set(known[name] for name in names if name in known)


def may(member: object, permission: str) -> bool:
    """Whether somebody has a role with the permission, and a second factor."""
    return (
        isinstance(member, Member)
        and member.has_perm(f"moderation.{permission}")
        and has_second_factor(member)
    )


def requires(
    permission: str,
) -> Callable[
    [Callable[Concatenate[HttpRequest, P], HttpResponseBase]],
    Callable[Concatenate[HttpRequest, P], HttpResponseBase],
]:
    """Let only members with a permission use a view; they also need a second factor."""

    def decorated(
        view: Callable[Concatenate[HttpRequest, P], HttpResponseBase],
    ) -> Callable[Concatenate[HttpRequest, P], HttpResponseBase]:
        guarded = second_factor_required(view)

        @wraps(view)
        def allowed(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
            user = request.user
            if isinstance(user, Member) and not user.has_perm(f"moderation.{permission}"):
                raise PermissionDenied
            return guarded(request, *args, **kwargs)

        return allowed

    return decorated
