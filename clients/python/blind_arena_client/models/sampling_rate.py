from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast


T = TypeVar("T", bound="SamplingRate")


@_attrs_define
class SamplingRate:
    """
    Attributes:
        contestant (str):
        now (float): Chance to be in the next battle.
        recent (float | None): Share of the counted votes of the last 30 days.
        recent_votes (int):
    """

    contestant: str
    now: float
    recent: float | None
    recent_votes: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        contestant = self.contestant

        now = self.now

        recent: float | None
        recent = self.recent

        recent_votes = self.recent_votes

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "contestant": contestant,
                "now": now,
                "recent": recent,
                "recent_votes": recent_votes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        contestant = d.pop("contestant")

        now = d.pop("now")

        def _parse_recent(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        recent = _parse_recent(d.pop("recent"))

        recent_votes = d.pop("recent_votes")

        sampling_rate = cls(
            contestant=contestant,
            now=now,
            recent=recent,
            recent_votes=recent_votes,
        )

        sampling_rate.additional_properties = d
        return sampling_rate

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
