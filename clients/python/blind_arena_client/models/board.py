from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.group_enum import GroupEnum
from ..types import UNSET, Unset


T = TypeVar("T", bound="Board")


@_attrs_define
class Board:
    """
    Attributes:
        slug (str):
        name (str):
        description (str | Unset):
        group (GroupEnum | Unset): * `general` - General
            * `topic` - Topics
            * `language` - Languages
    """

    slug: str
    name: str
    description: str | Unset = UNSET
    group: GroupEnum | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        slug = self.slug

        name = self.name

        description = self.description

        group: str | Unset = UNSET
        if not isinstance(self.group, Unset):
            group = self.group.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "slug": slug,
                "name": name,
            }
        )
        if description is not UNSET:
            field_dict["description"] = description
        if group is not UNSET:
            field_dict["group"] = group

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        slug = d.pop("slug")

        name = d.pop("name")

        description = d.pop("description", UNSET)

        _group = d.pop("group", UNSET)
        group: GroupEnum | Unset
        if isinstance(_group, Unset):
            group = UNSET
        else:
            group = GroupEnum(_group)

        board = cls(
            slug=slug,
            name=name,
            description=description,
            group=group,
        )

        board.additional_properties = d
        return board

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
