from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.revealed_contestant import RevealedContestant


T = TypeVar("T", bound="RevealedContestants")


@_attrs_define
class RevealedContestants:
    """
    Attributes:
        a (RevealedContestant):
        b (RevealedContestant | Unset):
    """

    a: RevealedContestant
    b: RevealedContestant | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.revealed_contestant import RevealedContestant  # noqa: PLC0415

        a = self.a.to_dict()

        b: dict[str, Any] | Unset = UNSET
        if not isinstance(self.b, Unset):
            b = self.b.to_dict()

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
        from ..models.revealed_contestant import RevealedContestant  # noqa: PLC0415

        d = dict(src_dict)
        a = RevealedContestant.from_dict(d.pop("a"))

        _b = d.pop("b", UNSET)
        b: RevealedContestant | Unset
        if isinstance(_b, Unset):
            b = UNSET
        else:
            b = RevealedContestant.from_dict(_b)

        revealed_contestants = cls(
            a=a,
            b=b,
        )

        revealed_contestants.additional_properties = d
        return revealed_contestants

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
