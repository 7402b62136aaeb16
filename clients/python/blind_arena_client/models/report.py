from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.blank_enum import BlankEnum
from ..models.reason_enum import ReasonEnum
from ..models.side_enum import SideEnum
from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="Report")


@_attrs_define
class Report:
    """What moderators should look at, and why.

    Attributes:
        reason (ReasonEnum): * `personal` - It holds personal data.
            * `unlawful` - It is unlawful or dangerous.
            * `hateful` - It is hateful or harasses somebody.
            * `sexual` - It is sexual.
            * `other` - Something else.
        side (BlankEnum | SideEnum | Unset): Empty: the whole battle.

            * `a` - A
            * `b` - B Default: BlankEnum.VALUE_0.
        comment (str | Unset):  Default: ''.
    """

    reason: ReasonEnum
    side: BlankEnum | SideEnum | Unset = BlankEnum.VALUE_0
    comment: str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        reason = self.reason.value

        side: str | Unset
        if isinstance(self.side, Unset):
            side = UNSET
        elif isinstance(self.side, SideEnum):
            side = self.side.value
        else:
            side = self.side.value

        comment = self.comment

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "reason": reason,
            }
        )
        if side is not UNSET:
            field_dict["side"] = side
        if comment is not UNSET:
            field_dict["comment"] = comment

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        reason = ReasonEnum(d.pop("reason"))

        def _parse_side(data: object) -> BlankEnum | SideEnum | Unset:
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                side_type_0 = SideEnum(data)

                return side_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            if not isinstance(data, str):
                raise TypeError()
            side_type_1 = BlankEnum(data)

            return side_type_1

        side = _parse_side(d.pop("side", UNSET))

        comment = d.pop("comment", UNSET)

        report = cls(
            reason=reason,
            side=side,
            comment=comment,
        )

        report.additional_properties = d
        return report

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
