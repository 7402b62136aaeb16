from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="Claim")


@_attrs_define
class Claim:
    """
    Attributes:
        weights (str | Unset): Where they are: a repository, and the file in it; or that they are not public.
        revision (str | Unset): Of the weights: a commit, a tag, a date, or the SHA-256 of the file.
        base_model (str | Unset): What it was derived from.
        tokenizer (str | Unset):
        quantisation (str | Unset): Such as BF16, FP8 or Q4_K_M.
        context_length (int | None | Unset): In tokens.
        system_prompt (str | Unset): Its text, “none”, or that it is not public.
        parameters (Any | Unset): A JSON object, such as {"temperature": 0.7}.
        provider (str | Unset): Who runs the endpoint.
    """

    weights: str | Unset = UNSET
    revision: str | Unset = UNSET
    base_model: str | Unset = UNSET
    tokenizer: str | Unset = UNSET
    quantisation: str | Unset = UNSET
    context_length: int | None | Unset = UNSET
    system_prompt: str | Unset = UNSET
    parameters: Any | Unset = UNSET
    provider: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        weights = self.weights

        revision = self.revision

        base_model = self.base_model

        tokenizer = self.tokenizer

        quantisation = self.quantisation

        context_length: int | None | Unset
        if isinstance(self.context_length, Unset):
            context_length = UNSET
        else:
            context_length = self.context_length

        system_prompt = self.system_prompt

        parameters = self.parameters

        provider = self.provider

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update({})
        if weights is not UNSET:
            field_dict["weights"] = weights
        if revision is not UNSET:
            field_dict["revision"] = revision
        if base_model is not UNSET:
            field_dict["base_model"] = base_model
        if tokenizer is not UNSET:
            field_dict["tokenizer"] = tokenizer
        if quantisation is not UNSET:
            field_dict["quantisation"] = quantisation
        if context_length is not UNSET:
            field_dict["context_length"] = context_length
        if system_prompt is not UNSET:
            field_dict["system_prompt"] = system_prompt
        if parameters is not UNSET:
            field_dict["parameters"] = parameters
        if provider is not UNSET:
            field_dict["provider"] = provider

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        weights = d.pop("weights", UNSET)

        revision = d.pop("revision", UNSET)

        base_model = d.pop("base_model", UNSET)

        tokenizer = d.pop("tokenizer", UNSET)

        quantisation = d.pop("quantisation", UNSET)

        def _parse_context_length(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        context_length = _parse_context_length(d.pop("context_length", UNSET))

        system_prompt = d.pop("system_prompt", UNSET)

        parameters = d.pop("parameters", UNSET)

        provider = d.pop("provider", UNSET)

        claim = cls(
            weights=weights,
            revision=revision,
            base_model=base_model,
            tokenizer=tokenizer,
            quantisation=quantisation,
            context_length=context_length,
            system_prompt=system_prompt,
            parameters=parameters,
            provider=provider,
        )

        claim.additional_properties = d
        return claim

    @property
    def additional_keys(self) -> list[str]:
        return list(self.additional_properties.keys())

    def __getitem__(self, key: str) -> Any:
        return self.additional_properties[key]

    def __setitem__(self, key: str, value: Any) -> None:
        self.additional_properties[key] = value

    def __delitem__(self, key: str) -> None:
        del self.additional_properties[key]

    def __contains__(self, key: str) -> bool:
        return key in self.additional_properties
