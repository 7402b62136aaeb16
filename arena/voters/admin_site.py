"""The admin, which demands a second factor of whoever enters, as the moderators' pages do."""

from typing import Any

from django.contrib.admin import AdminSite

from arena.voters.decorators import second_factor_required


class GuardedAdminSite(AdminSite):
    """Django's admin for staff with an authenticator app or a passkey."""

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        guarded = view
        if getattr(view, "__name__", "") != "logout":
            guarded = second_factor_required(view)
        return super().admin_view(guarded, cacheable)
