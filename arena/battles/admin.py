"""Reports of conversations in the admin, where they are read and answered by hiding."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from arena.battles import conversations
from arena.battles.models import Report

SHOWN = ("created_at", "reason", "side", "comment", "battle", "is_public")


@admin.register(Report)
class ReportAdmin(admin.ModelAdmin[Report]):
    """Newest first. Who reported is not shown: it is no matter for the decision."""

    list_display = SHOWN
    list_filter = ["reason"]
    list_select_related = ["battle__conversation"]
    fields = SHOWN
    readonly_fields = SHOWN
    actions = ["hide", "show"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Report | None = None) -> bool:
        return False

    @admin.display(boolean=True, description=_("public"))
    def is_public(self, report: Report) -> bool:
        conversation = getattr(report.battle, "conversation", None)
        return conversation is not None and conversation.hidden_at is None

    @admin.action(description=_("Hide the conversations from the public"), permissions=["change"])
    def hide(self, request: HttpRequest, reports: QuerySet[Report]) -> None:
        conversations.hide([report.battle_id for report in reports])

    @admin.action(description=_("Show the conversations again"), permissions=["change"])
    def show(self, request: HttpRequest, reports: QuerySet[Report]) -> None:
        conversations.show([report.battle_id for report in reports])
