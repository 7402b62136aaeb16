from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast
import datetime


T = TypeVar("T", bound="Export")


@_attrs_define
class Export:
    """
    Attributes:
        name (str): Of its folder: when it is of.
        made_at (datetime.datetime): Up to when it holds votes.
        votes (int): Counted ones.
        uncounted (int): Votes that were held or excluded.
        manifest (Any): Its files, with size and SHA-256.
    """

    name: str
    made_at: datetime.datetime
    votes: int
    uncounted: int
    manifest: Any
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        name = self.name

        made_at = self.made_at.isoformat()

        votes = self.votes

        uncounted = self.uncounted

        manifest = self.manifest

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "name": name,
                "made_at": made_at,
                "votes": votes,
                "uncounted": uncounted,
                "manifest": manifest,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        name = d.pop("name")

        made_at = datetime.datetime.fromisoformat(d.pop("made_at"))

        votes = d.pop("votes")

        uncounted = d.pop("uncounted")

        manifest = d.pop("manifest")

        export = cls(
            name=name,
            made_at=made_at,
            votes=votes,
            uncounted=uncounted,
            manifest=manifest,
        )

        export.additional_properties = d
        return export

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
