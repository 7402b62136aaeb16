from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.personal_data_enum import PersonalDataEnum
from ..types import UNSET, Unset


T = TypeVar("T", bound="NewTurn")


@_attrs_define
class NewTurn:
    """
    Attributes:
        prompt (str):
        proof (str | Unset): ALTCHA's payload in base64: see `proof-required`.
        personal_data (PersonalDataEnum | Unset): * `confirmed` - confirmed
    """

    prompt: str
    proof: str | Unset = UNSET
    personal_data: PersonalDataEnum | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        prompt = self.prompt

        proof = self.proof

        personal_data: str | Unset = UNSET
        if not isinstance(self.personal_data, Unset):
            personal_data = self.personal_data.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "prompt": prompt,
            }
        )
        if proof is not UNSET:
            field_dict["proof"] = proof
        if personal_data is not UNSET:
            field_dict["personal_data"] = personal_data

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prompt = d.pop("prompt")

        proof = d.pop("proof", UNSET)

        _personal_data = d.pop("personal_data", UNSET)
        personal_data: PersonalDataEnum | Unset
        if isinstance(_personal_data, Unset):
            personal_data = UNSET
        else:
            personal_data = PersonalDataEnum(_personal_data)

        new_turn = cls(
            prompt=prompt,
            proof=proof,
            personal_data=personal_data,
        )

        new_turn.additional_properties = d
        return new_turn

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
