from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset


T = TypeVar("T", bound="Pair")


@_attrs_define
class Pair:
    """
    Attributes:
        first (str):
        second (str):
        first_wins (int):
        second_wins (int):
        ties (int):
        both_bad (int):
        share (float): Points of the first; a draw is half of one.
    """

    first: str
    second: str
    first_wins: int
    second_wins: int
    ties: int
    both_bad: int
    share: float
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        first = self.first

        second = self.second

        first_wins = self.first_wins

        second_wins = self.second_wins

        ties = self.ties

        both_bad = self.both_bad

        share = self.share

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "first": first,
                "second": second,
                "first_wins": first_wins,
                "second_wins": second_wins,
                "ties": ties,
                "both_bad": both_bad,
                "share": share,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        first = d.pop("first")

        second = d.pop("second")

        first_wins = d.pop("first_wins")

        second_wins = d.pop("second_wins")

        ties = d.pop("ties")

        both_bad = d.pop("both_bad")

        share = d.pop("share")

        pair = cls(
            first=first,
            second=second,
            first_wins=first_wins,
            second_wins=second_wins,
            ties=ties,
            both_bad=both_bad,
            share=share,
        )

        pair.additional_properties = d
        return pair

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
