from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast
import datetime


T = TypeVar("T", bound="MethodologyChange")


@_attrs_define
class MethodologyChange:
    """
    Attributes:
        version (str):
        day (datetime.date):
        about (str):
        digest (str): SHA-256 of all constants that decide what is counted, held or drawn; empty for versions before
            3.5.
    """

    version: str
    day: datetime.date
    about: str
    digest: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        version = self.version

        day = self.day.isoformat()

        about = self.about

        digest = self.digest

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "version": version,
                "day": day,
                "about": about,
                "digest": digest,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        version = d.pop("version")

        day = datetime.date.fromisoformat(d.pop("day"))

        about = d.pop("about")

        digest = d.pop("digest")

        methodology_change = cls(
            version=version,
            day=day,
            about=about,
            digest=digest,
        )

        methodology_change.additional_properties = d
        return methodology_change

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
