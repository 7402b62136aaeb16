from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.blank_enum import BlankEnum
from ..models.ending_enum import EndingEnum
from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="Endings")


@_attrs_define
class Endings:
    """How the answers of one turn ended; empty if they were stopped, or if it is not known.

    Attributes:
        a (BlankEnum | EndingEnum):
        b (BlankEnum | EndingEnum | Unset): Not there in a direct chat.

            * `whole` - The model ended it.
            * `cut` - It was cut off at its operator's limit of tokens.
            * `broken_off` - The model's server broke it off.
    """

    a: BlankEnum | EndingEnum
    b: BlankEnum | EndingEnum | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        a: str
        if isinstance(self.a, EndingEnum):
            a = self.a.value
        else:
            a = self.a.value

        b: str | Unset
        if isinstance(self.b, Unset):
            b = UNSET
        elif isinstance(self.b, EndingEnum):
            b = self.b.value
        else:
            b = self.b.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "a": a,
            }
        )
        if b is not UNSET:
            field_dict["b"] = b

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)

        def _parse_a(data: object) -> BlankEnum | EndingEnum:
            try:
                if not isinstance(data, str):
                    raise TypeError()
                a_type_0 = EndingEnum(data)

                return a_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, str):
                raise TypeError()
            a_type_1 = BlankEnum(data)

            return a_type_1

        a = _parse_a(d.pop("a"))

        def _parse_b(data: object) -> BlankEnum | EndingEnum | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                b_type_0 = EndingEnum(data)

                return b_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, str):
                raise TypeError()
            b_type_1 = BlankEnum(data)

            return b_type_1

        b = _parse_b(d.pop("b", UNSET))

        endings = cls(
            a=a,
            b=b,
        )

        endings.additional_properties = d
        return endings

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
