"""The catalogue in the admin: a contestant and its endpoints on one page, saved and tested."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any, cast

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.template.loader import render_to_string
from django.urls import URLPattern, path, reverse
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.http import require_POST

from arena.contestants.addresses import clean_address
from arena.contestants.admin import status, trials
from arena.contestants.admin.forms import ClaimForm, ContestantForm, EndpointForm, EndpointFormSet
from arena.contestants.calls.circuit_breaker import probe_soon
from arena.contestants.catalogue.changes import NotReady, enter_draw
from arena.contestants.catalogue.health_report import health_report, usage_of
from arena.contestants.catalogue.reading import passed_its_test, public_history_of
from arena.contestants.models import COMPETING, Claim, Contestant, Endpoint

TRIALS = "contestants.trials"  # in the session: what the newest tests gave


class EndpointInline(admin.StackedInline[Endpoint, Contestant]):
    model = Endpoint
    form = EndpointForm
    formset = EndpointFormSet
    fieldsets = [
        (
            None,
            {
                "fields": [
                    "base_url",
                    "model_id",
                    "new_api_key",
                    ("add_api_key", "remove_api_key"),
                    "kept_api_key",
                    "enabled",
                    "condition",
                ]
            },
        ),
        ("What is sent", {"fields": ["system_prompt", "parameters", "thinks_first"]}),
        (
            "Limits",
            {
                "fields": [
                    "max_concurrency",
                    ("connect_seconds", "first_sign_seconds"),
                    ("first_token_seconds", "between_tokens_seconds"),
                    "answer_seconds",
                ],
                "classes": ["collapse"],
            },
        ),
        (
            "Prices and budget",
            {
                "fields": [("prompt_price", "completion_price"), "daily_budget", "usage_table"],
                "classes": ["collapse"],
            },
        ),
        ("Its newest answers", {"fields": ["health_table"], "classes": ["collapse"]}),
    ]
    readonly_fields = ["condition", "usage_table", "health_table"]
    extra = 0

    def get_extra(self, request: HttpRequest, obj: Contestant | None = None, **kwargs: Any) -> int:
        return 0 if obj and obj.endpoints.exists() else 1

    def has_delete_permission(self, request: HttpRequest, obj: Contestant | None = None) -> bool:
        """Who has competed keeps its endpoints, with their figures; they can be switched off."""
        return super().has_delete_permission(request, obj) and not (obj and obj.has_competed)

    @admin.display(description="Condition")
    def condition(self, endpoint: Endpoint) -> SafeString:
        found = status.status_of(endpoint) if endpoint.pk else status.NEVER_TRIED
        return render_to_string("admin/contestants/condition.html", {"status": found})

    @admin.display(description="Health")
    def health_table(self, endpoint: Endpoint) -> str:
        report = health_report(endpoint) if endpoint.pk else None
        return render_to_string("admin/contestants/health.html", {"report": report})

    @admin.display(description="Used up")
    def usage_table(self, endpoint: Endpoint) -> str:
        days = usage_of(endpoint) if endpoint.pk else []
        return render_to_string(
            "admin/contestants/usage.html", {"endpoint": endpoint, "days": days}
        )


class ClaimInline(admin.StackedInline[Claim, Contestant]):
    model = Claim
    form = ClaimForm
    can_delete = False
    verbose_name = verbose_name_plural = "what it claims to be"
    fields = [
        ("weights", "revision"),
        ("base_model", "tokenizer"),
        ("quantisation", "context_length"),
        "system_prompt",
        "parameters",
        "provider",
    ]


@admin.register(Contestant)
class ContestantAdmin(admin.ModelAdmin[Contestant]):
    form = ContestantForm
    inlines = [ClaimInline, EndpointInline]
    fieldsets = [
        (
            "Shown to the public",
            {
                "fields": [
                    "name",
                    "slug",
                    "organisation",
                    ("licence", "licence_url"),
                    "website",
                    "description",
                ]
            },
        ),
        ("Battles", {"fields": ["aliases", "takes_images", "state", "state_reason"]}),
        ("On the public record", {"fields": ["record"]}),
    ]
    list_display = ["name", "organisation", "state", "endpoints_in_words", "created_at"]
    list_filter = ["state"]
    list_per_page = 50
    search_fields = ["name", "slug", "organisation"]
    change_form_template = "admin/contestants/contestant/change_form.html"

    def get_queryset(self, request: HttpRequest) -> Any:
        return super().get_queryset(request).prefetch_related("endpoints__health")

    def get_readonly_fields(self, request: HttpRequest, obj: Contestant | None = None) -> list[str]:
        return ["record", "slug"] if obj and obj.has_competed else ["record"]

    def get_prepopulated_fields(
        self, request: HttpRequest, obj: Contestant | None = None
    ) -> dict[str, Any]:
        return {} if obj and obj.has_competed else {"slug": ["name"]}

    def has_delete_permission(self, request: HttpRequest, obj: Contestant | None = None) -> bool:
        return False  # contestants are retired, not deleted: they stay on the record

    @admin.display(description="endpoint")
    def endpoints_in_words(self, contestant: Contestant) -> SafeString:
        found = [status.status_of(endpoint) for endpoint in contestant.endpoints.all()]
        return render_to_string("admin/contestants/conditions.html", {"statuses": found})

    @admin.display(description="Record")
    def record(self, contestant: Contestant) -> str:
        entries = public_history_of(contestant) if contestant.pk else []
        return render_to_string("admin/contestants/record.html", {"entries": entries})

    # --- saving and testing ---------------------------------------------------------------------

    def changeform_view(
        self,
        request: HttpRequest,
        object_id: str | None = None,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> Any:
        """Save what was typed; once that is committed, test endpoints and enter the draw."""
        if request.method == "GET" and object_id:
            found = request.session.get(TRIALS, {})
            if object_id in found:
                extra_context = {**(extra_context or {}), **found.pop(object_id)}
                request.session[TRIALS] = found
        response = super().changeform_view(request, object_id, form_url, extra_context)
        saved = getattr(request, "saved_contestant", None)
        if saved is None or response.status_code != 302:
            return response
        asked = getattr(request, "asked_state", None)
        return self._tested(request, saved, asked, response)

    def save_model(
        self, request: HttpRequest, obj: Contestant, form: ContestantForm, change: bool
    ) -> None:
        """Save everything but an entry into the draw, which waits for the test."""
        before = form.initial.get("state") if change else Contestant.State.DRAFT
        if obj.state in COMPETING and before not in COMPETING:
            request.asked_state = (obj.state, obj.state_reason)  # type: ignore[attr-defined]
            obj.state = before or Contestant.State.DRAFT
            obj.state_reason = form.initial.get("state_reason", "") if change else ""
        super().save_model(request, obj, form, change)
        request.saved_contestant = obj  # type: ignore[attr-defined]

    def _tested(
        self,
        request: HttpRequest,
        contestant: Contestant,
        asked: tuple[str, str] | None,
        response: HttpResponse,
    ) -> HttpResponse:
        """Test what is to be tested, then let the contestant in if that was asked for."""
        endpoints = list(contestant.endpoints.filter(enabled=True))
        wanted = "_saveandtest" in request.POST
        untested = [endpoint for endpoint in endpoints if not passed_its_test(endpoint)]
        if wanted:
            to_test = endpoints
        elif asked and len(untested) == len(endpoints):
            to_test = untested
        else:
            to_test = []
            if contestant.state in COMPETING:
                for endpoint in untested:
                    probe_soon(endpoint.pk)
        results = [trials.run(endpoint) for endpoint in to_test]
        entered = self._enter(request, contestant, asked) if asked else True
        if not (wanted or results):
            return response
        self._keep(request, contestant, results, None if entered else asked)
        return HttpResponseRedirect(_page(contestant))

    def _enter(self, request: HttpRequest, contestant: Contestant, asked: tuple[str, str]) -> bool:
        state, reason = asked
        try:
            enter_draw(contestant.pk, state, reason)
        except NotReady as error:
            label = Contestant.State(contestant.state).label
            messages.error(request, f"{contestant} stays {label}. {error}")
            return False
        messages.success(request, f"{contestant} is in the draw now.")
        return True

    def _keep(
        self,
        request: HttpRequest,
        contestant: Contestant,
        results: list[trials.Trial],
        asked: tuple[str, str] | None,
    ) -> None:
        """Keep what tests gave for the page that is shown next."""
        shown = [
            {**asdict(result), "text": result.text[:1000], "answered": result.answered}
            for result in results
        ]
        request.session[TRIALS] = {str(contestant.pk): {"trials": shown, "asked": asked}}

    def get_urls(self) -> list[URLPattern]:
        use = path(
            "<int:pk>/endpoint/<int:endpoint_pk>/use/",
            self.admin_site.admin_view(cast(Callable[..., HttpResponse], self.use_view)),
            name="contestants_endpoint_use",
        )
        return [use, *super().get_urls()]

    @method_decorator(require_POST)
    def use_view(self, request: HttpRequest, pk: int, endpoint_pk: int) -> HttpResponse:
        """Take over an address or a model id that a test proposed, and test again."""
        endpoint = get_object_or_404(
            Endpoint.objects.select_related("contestant"), pk=endpoint_pk, contestant=pk
        )
        if not request.user.has_perm("contestants.change_endpoint"):
            raise PermissionDenied
        contestant = endpoint.contestant
        try:
            if address := request.POST.get("address"):
                endpoint.base_url = clean_address(address)
            endpoint.model_id = request.POST.get("model") or endpoint.model_id
            endpoint.full_clean()
        except ValidationError as error:
            messages.error(request, " ".join(error.messages))
            return HttpResponseRedirect(_page(contestant))
        endpoint.save()
        self.log_change(request, contestant, f"Changed the address or model of {endpoint}.")
        results = [trials.run(endpoint)]
        asked = (request.POST.get("state", ""), request.POST.get("reason", ""))
        entered = asked[0] not in COMPETING or contestant.state in COMPETING
        entered = entered or self._enter(request, contestant, asked)
        self._keep(request, contestant, results, None if entered else asked)
        return HttpResponseRedirect(_page(contestant))


def _page(contestant: Contestant) -> str:
    return reverse("admin:contestants_contestant_change", args=[contestant.pk])
