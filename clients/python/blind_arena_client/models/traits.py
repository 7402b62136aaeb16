from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.trait_enum import TraitEnum
from typing import cast


T = TypeVar("T", bound="Traits")


@_attrs_define
class Traits:
    """
    Attributes:
        a (list[TraitEnum]):
        b (list[TraitEnum]):
    """

    a: list[TraitEnum]
    b: list[TraitEnum]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        a = []
        for a_item_data in self.a:
            a_item = a_item_data.value
            a.append(a_item)

        b = []
        for b_item_data in self.b:
            b_item = b_item_data.value
            b.append(b_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "a": a,
                "b": b,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        a = []
        _a = d.pop("a")
        for a_item_data in _a:
            a_item = TraitEnum(a_item_data)

            a.append(a_item)

        b = []
        _b = d.pop("b")
        for b_item_data in _b:
            b_item = TraitEnum(b_item_data)

            b.append(b_item)

        traits = cls(
            a=a,
            b=b,
        )

        traits.additional_properties = d
        return traits

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
