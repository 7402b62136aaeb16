"""The page of a member's own keys. Views parse, call a service, render."""

from allauth.account.decorators import reauthentication_required
from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from arena.api.keys import services
from arena.api.models import ApiKey, Scope
from arena.voters.models import Member


class NewKeyForm(forms.Form):
    name = forms.CharField(
        label=gettext_lazy("Name"),
        max_length=60,
        help_text=gettext_lazy("For yourself: which program has it."),
    )
    scopes = forms.MultipleChoiceField(
        label=gettext_lazy("What it may do"),
        choices=Scope.choices,
        initial=[Scope.READ],
        widget=forms.CheckboxSelectMultiple,
    )


def _member(request: HttpRequest) -> Member:
    if not isinstance(request.user, Member):
        raise Http404("Keys are of members.")
    return request.user


@login_required
@reauthentication_required  # type: ignore[untyped-decorator]  # allauth has no types
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def keys_page(request: HttpRequest) -> HttpResponse:
    """The keys, and a form for a new one, whose text is shown in the answer alone."""
    member, made = _member(request), None
    form = NewKeyForm(request.POST or None)
    if form.is_valid():
        scopes = [Scope(scope) for scope in form.cleaned_data["scopes"]]
        try:
            _key, made = services.make_key(member, form.cleaned_data["name"], scopes)
        except services.TooManyKeys as refusal:
            form.add_error(None, str(refusal))
        else:
            form = NewKeyForm()
    keys = ApiKey.objects.filter(owner=member)
    site = request.build_absolute_uri("/").rstrip("/")
    return render(
        request, "pages/account/keys.html", {"keys": keys, "form": form, "made": made, "site": site}
    )


@login_required
@require_POST
def revoke(request: HttpRequest, key_id: int) -> HttpResponse:
    """End one of the keys."""
    if not services.revoke(_member(request), key_id):
        raise Http404("There is no such key in force.")
    messages.success(request, _("The key is revoked. Nobody can use it any more."))
    return redirect("pages:account_keys")
