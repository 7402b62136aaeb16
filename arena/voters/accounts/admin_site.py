"""The admin, which demands a second factor of whoever enters, as the moderators' pages do."""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.admin import AdminSite
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.core.exceptions import BadRequest, ValidationError
from django.db.models import Model
from django.http import HttpRequest

from arena.voters.accounts.decorators import second_factor_required


class GuardedAdminSite(AdminSite):
    """Django's admin for staff with an authenticator app or a passkey."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        guarded = view
        model = getattr(getattr(view, "__self__", None), "model", None)
        if model is not None:
            guarded = _with_real_selection(view, model)
        if getattr(view, "__name__", "") != "logout":
            guarded = second_factor_required(guarded)
        return super().admin_view(guarded, cacheable)


def _with_real_selection(view: Callable[..., Any], model: type[Model]) -> Callable[..., Any]:
    """Refuse an action on rows whose keys can be none; Django would ask the database for them."""

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        try:
            for key in request.POST.getlist(ACTION_CHECKBOX_NAME):
                model._meta.pk.to_python(key)
        except ValidationError as error:
            raise BadRequest("A selected row has no valid key.") from error
        return view(request, *args, **kwargs)

    return checked
