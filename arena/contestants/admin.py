"""The catalogue in the admin: contestants, their endpoints, and a test of each endpoint."""

from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.options import InlineModelAdmin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.template.response import TemplateResponse
from django.urls import URLPattern, path
from django.utils.decorators import method_decorator
from django.views.decorators.http import require_POST

from arena.contestants import services
from arena.contestants.breaker import probe_soon
from arena.contestants.models import (
    COMPETING,
    Contestant,
    Endpoint,
    EndpointHealth,
    StateChange,
)
from arena.contestants.selectors import health_report, is_up, usage_of

ADDRESS = ("base_url", "model_id", "enabled")
KEY = ("new_api_key", "remove_api_key")
PARAMETERS = ("system_prompt", "parameters", "thinks_first")
LIMITS = (
    "max_concurrency",
    "connect_seconds",
    "first_sign_seconds",
    "first_token_seconds",
    "between_tokens_seconds",
    "answer_seconds",
)
PRICES = ("prompt_price", "completion_price", "daily_budget")


class EndpointForm(forms.ModelForm[Endpoint]):
    """An endpoint whose key can be set, replaced and removed, but never read."""

    new_api_key = forms.CharField(
        label="API key",
        required=False,
        strip=True,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
    )
    remove_api_key = forms.BooleanField(label="Remove the stored key", required=False)

    class Meta:
        model = Endpoint
        fields = ["contestant", *ADDRESS, *PARAMETERS, *LIMITS, *PRICES]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["new_api_key"].help_text = (
            "A key is stored, encrypted, and is never shown. Type a new one to replace it."
            if self.instance.api_key
            else "Stored encrypted and never shown again. Leave empty if none is needed."
        )
        self.fields["remove_api_key"].disabled = not self.instance.api_key

    def save(self, commit: bool = True) -> Endpoint:
        if self.cleaned_data.get("remove_api_key"):
            self.instance.api_key = ""
        if key := self.cleaned_data["new_api_key"]:
            self.instance.api_key = key
        endpoint: Endpoint = super().save(commit)
        return endpoint


class EndpointInline(admin.StackedInline[Endpoint, Contestant]):
    model = Endpoint
    form = EndpointForm
    fieldsets = [
        ("Address", {"fields": ADDRESS}),
        ("Key", {"fields": KEY}),
        ("Parameters", {"fields": PARAMETERS}),
        ("Limits", {"fields": LIMITS, "classes": ["collapse"]}),
        ("Prices and budget", {"fields": PRICES, "classes": ["collapse"]}),
    ]
    extra = 0
    show_change_link = True


class ContestantForm(forms.ModelForm[Contestant]):
    """A contestant that leaves the draw only with a reason, which is on the public record."""

    class Meta:
        model = Contestant
        fields = [
            "name",
            "slug",
            "organisation",
            "aliases",
            "licence",
            "licence_url",
            "website",
            "description",
            "takes_images",
            "state",
            "state_reason",
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "state" in self.changed_data and "state_reason" not in self.changed_data:
            if self.initial.get("state") in COMPETING and cleaned.get("state") not in COMPETING:
                self.add_error("state_reason", "Say why: it will stand on the public record.")
            cleaned["state_reason"] = ""  # the one of the state before
        return cleaned


class StateChangeInline(admin.TabularInline[StateChange, Contestant]):
    """When it came into the draw and left it, and why: to be read."""

    model = StateChange
    fields = ["changed_at", "before", "state", "reason"]
    readonly_fields = ["changed_at", "before", "state", "reason"]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Contestant | None = None) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Contestant | None = None) -> bool:
        return False


@admin.register(Contestant)
class ContestantAdmin(admin.ModelAdmin[Contestant]):
    form = ContestantForm
    list_display = ["name", "organisation", "licence", "state", "created_at"]
    list_filter = ["state", "takes_images", "organisation"]
    search_fields = ["name", "slug", "organisation"]
    prepopulated_fields = {"slug": ["name"]}

    def get_inlines(
        self, request: HttpRequest, obj: Contestant | None
    ) -> list[type[InlineModelAdmin[Any, Contestant]]]:
        return (
            [EndpointInline, StateChangeInline] if obj else [EndpointInline]
        )  # a new one has changed nothing yet

    def has_delete_permission(self, request: HttpRequest, obj: Contestant | None = None) -> bool:
        return False  # contestants are retired, not deleted: they stay on the record


@admin.register(Endpoint)
class EndpointAdmin(admin.ModelAdmin[Endpoint]):
    form = EndpointForm
    fieldsets = [
        ("Address", {"fields": ["contestant", *ADDRESS]}),
        ("Key", {"fields": KEY}),
        ("Parameters", {"fields": PARAMETERS}),
        ("Limits", {"fields": LIMITS}),
        ("Prices and budget", {"fields": [*PRICES, "usage_table"]}),
        ("Health", {"fields": ["health_table"]}),
    ]
    readonly_fields = ["usage_table", "health_table"]
    list_display = ["contestant", "base_url", "model_id", "enabled", "circuit"]
    list_filter = ["enabled", "health__state"]
    list_select_related = ["contestant", "health"]
    change_form_template = "admin/contestants/endpoint/change_form.html"

    @admin.display(description="circuit", ordering="health__state")
    def circuit(self, endpoint: Endpoint) -> str:
        health = getattr(endpoint, "health", None)  # no row: nothing has failed yet
        return str(health or EndpointHealth())

    @admin.display(description="Circuit breaker")
    def health_table(self, endpoint: Endpoint) -> str:
        return render_to_string(
            "admin/contestants/endpoint/health.html", {"report": health_report(endpoint)}
        )

    @admin.display(description="Used up")
    def usage_table(self, endpoint: Endpoint) -> str:
        return render_to_string(
            "admin/contestants/endpoint/usage.html",
            {"endpoint": endpoint, "days": usage_of(endpoint)},
        )

    def save_model(
        self, request: HttpRequest, obj: Endpoint, form: EndpointForm, change: bool
    ) -> None:
        """A changed endpoint that is down is tried at once."""
        super().save_model(request, obj, form, change)
        if change and not is_up(obj):
            probe_soon(obj.pk)

    def get_urls(self) -> list[URLPattern]:
        test = path(
            "<int:pk>/test/",
            self.admin_site.admin_view(self.test_view),
            name="contestants_endpoint_test",
        )
        return [test, *super().get_urls()]

    @method_decorator(require_POST)
    def test_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Send the endpoint one real, short request and show what came back."""
        endpoint = get_object_or_404(Endpoint.objects.select_related("contestant"), pk=pk)
        if not self.has_change_permission(request, endpoint):
            raise PermissionDenied
        context = {
            **self.admin_site.each_context(request),
            "title": f"Test of {endpoint}",
            "opts": self.opts,
            "endpoint": endpoint,
            "report": services.test_endpoint(endpoint),
        }
        return TemplateResponse(request, "admin/contestants/endpoint/test.html", context)
