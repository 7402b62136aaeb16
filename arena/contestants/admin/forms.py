"""The admin's form of a contestant and its endpoints."""

from collections.abc import Mapping, Sequence
from typing import Any

from cryptography.fernet import InvalidToken
from django import forms
from django.core.exceptions import ValidationError

from arena.contestants.addresses import clean_address
from arena.contestants.fields import cipher
from arena.contestants.models import CLAIM_PARTS, COMPETING, Claim, Contestant, Endpoint

KEPT_SECONDS = 3600  # a key that was typed into a form with a mistake elsewhere


class LinesField(forms.CharField):
    """A list of texts, one on each line."""

    widget = forms.Textarea(attrs={"rows": 4, "cols": 40})

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value

    def to_python(self, value: Any) -> Any:
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return list(dict.fromkeys(filter(None, lines)))

    def has_changed(self, initial: Any, data: Any) -> bool:
        return bool(self.to_python(self.prepare_value(initial)) != self.to_python(data))


class AddressField(forms.CharField):
    """The base URL of an endpoint, as people type it."""

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return clean_address(text) if text else ""


class KeysField(forms.CharField):
    """Keys, one on each line; the page never holds a key, not even one that was just typed."""

    def __init__(self, *, label: str) -> None:
        widget = KeysInput(
            attrs={
                "rows": 2,
                "class": "vLargeTextField secret",
                "autocomplete": "off",
                "spellcheck": "false",
            }
        )
        super().__init__(label=label, required=False, widget=widget)

    def to_python(self, value: Any) -> str:
        lines = (line.strip() for line in (super().to_python(value) or "").splitlines())
        return "\n".join(dict.fromkeys(filter(None, lines)))

    def validate(self, value: str) -> None:
        super().validate(value)
        for number, key in enumerate(value.split("\n"), start=1):
            if not (key.isascii() and key.isprintable()):
                raise ValidationError(f"Key {number} has characters that no HTTP header can carry.")


class KeysInput(forms.Textarea):
    """A text area that comes back empty, as a password input does."""

    def get_context(self, name: str, value: Any, attrs: Any) -> dict[str, Any]:
        return super().get_context(name, None, attrs)


class EndpointForm(forms.ModelForm[Endpoint]):
    """An endpoint whose keys can be set, added to, replaced and removed, but never read."""

    base_url = AddressField(
        label="Address",
        max_length=500,
        help_text=Endpoint._meta.get_field("base_url").help_text,
        widget=forms.TextInput(attrs={"class": "vLargeTextField", "inputmode": "url"}),
    )
    new_api_key = KeysField(label="API keys")
    add_api_key = forms.BooleanField(
        label="Add to the stored keys", required=False, help_text="Else they are replaced."
    )
    kept_api_key = forms.CharField(required=False, widget=forms.HiddenInput)
    enabled = forms.BooleanField(
        label="Switched on",
        required=False,
        initial=True,
        help_text=Endpoint._meta.get_field("enabled").help_text,
    )
    remove_api_key = forms.BooleanField(label="Remove all stored keys", required=False)

    class Meta:
        model = Endpoint
        fields = [
            "base_url",
            "model_id",
            "enabled",
            "system_prompt",
            "parameters",
            "thinks_first",
            "max_concurrency",
            "connect_seconds",
            "first_sign_seconds",
            "first_token_seconds",
            "between_tokens_seconds",
            "answer_seconds",
            "prompt_price",
            "completion_price",
            "daily_budget",
        ]
        widgets = {
            "system_prompt": forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
            "parameters": forms.Textarea(attrs={"rows": 4, "class": "vLargeTextField"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        stored = len(self.instance.keys)
        self.fields["new_api_key"].help_text = (
            f"{stored} key{'s are' if stored > 1 else ' is'} stored, encrypted, and never shown. "
            "Type new ones, one on each line, to replace or add to what is stored."
            if stored
            else "One on each line: each request takes one of them at random. Stored encrypted and "
            "never shown again. Leave empty if none is needed."
        )
        for name in ("add_api_key", "remove_api_key"):
            self.fields[name].disabled = not stored

    def clean(self) -> dict[str, Any]:
        """Keep a typed key for the next try: the page that shows a mistake holds it encrypted."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        key = cleaned.get("new_api_key") or _decrypted(cleaned.get("kept_api_key", ""))
        cleaned["new_api_key"] = key
        if key:
            name = self.add_prefix("kept_api_key")
            self.data = {**self._flat_data(), name: cipher().encrypt(key.encode()).decode()}
            typed = f"The {n} keys" if (n := key.count("\n") + 1) > 1 else "The key"
            kept = "are kept" if n > 1 else "is kept"
            self["new_api_key"].help_text = f"{typed} that you typed {kept} until you save."
        return cleaned

    def _flat_data(self) -> Mapping[str, Any]:
        return {name: self.data.get(name) for name in self.data}

    def save(self, commit: bool = True) -> Endpoint:
        before = self.instance.api_key
        if self.cleaned_data.get("remove_api_key"):
            self.instance.api_key = ""
        if key := self.cleaned_data["new_api_key"]:
            if self.cleaned_data.get("add_api_key"):
                key = "\n".join(dict.fromkeys([*self.instance.keys, *key.split("\n")]))
            self.instance.api_key = key
            if key != before:
                self.instance.answered_at = None  # with the new key it may not
        endpoint: Endpoint = super().save(commit)
        return endpoint


def _decrypted(kept: str) -> str:
    try:
        return cipher().decrypt(kept.encode(), ttl=KEPT_SECONDS).decode() if kept else ""
    except InvalidToken:
        return ""


class ClaimForm(forms.ModelForm[Claim]):
    """What a contestant claims to be."""

    class Meta:
        model = Claim
        fields: Sequence[str] = list(CLAIM_PARTS)
        widgets = {
            "system_prompt": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
            "parameters": forms.Textarea(attrs={"rows": 3, "class": "vLargeTextField"}),
        }


class EndpointFormSet(forms.BaseInlineFormSet[Endpoint, Contestant, forms.ModelForm[Endpoint]]):
    """The endpoints of a contestant. One that competes needs at least one."""

    def clean(self) -> None:
        super().clean()
        if self.instance.state not in COMPETING or any(self.errors):
            return
        left = [
            form.cleaned_data
            for form in self.forms
            if form.cleaned_data and not form.cleaned_data.get("DELETE")
        ]
        if not left:
            raise ValidationError("To compete, a contestant needs an endpoint.")


class ContestantForm(forms.ModelForm[Contestant]):
    """A contestant that leaves the draw only with a reason, which is on the public record."""

    aliases = LinesField(required=False, help_text=Contestant._meta.get_field("aliases").help_text)

    licence_url = forms.URLField(
        label="Licence's address",
        required=False,
        assume_scheme="https",
        widget=forms.URLInput(attrs={"class": "vURLField"}),
    )
    website = forms.URLField(
        required=False, assume_scheme="https", widget=forms.URLInput(attrs={"class": "vURLField"})
    )

    class Meta:
        model = Contestant
        fields: Sequence[str] = [
            "name",
            "slug",
            "organisation",
            "licence",
            "licence_url",
            "website",
            "description",
            "aliases",
            "takes_images",
            "state",
            "state_reason",
        ]

    def clean(self) -> dict[str, Any]:
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if "state" in self.changed_data and "state_reason" not in self.changed_data:
            if self.initial.get("state") in COMPETING and cleaned.get("state") not in COMPETING:
                self.add_error("state_reason", "Say why: the reason will be public.")
            cleaned["state_reason"] = ""  # the one of the state before
        return cleaned
