from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.input_enum import InputEnum


T = TypeVar("T", bound="Attention")


@_attrs_define
class Attention:
    """How the answers were read, as the voter's page measured it. Times are milliseconds.

    Attributes:
        input_ (InputEnum): * `key` - a key
            * `button` - a button
        visible_a_ms (int):
        visible_b_ms (int):
        end_seen_a (bool):
        end_seen_b (bool):
        hidden_ms (int):
        decided_ms (int):
    """

    input_: InputEnum
    visible_a_ms: int
    visible_b_ms: int
    end_seen_a: bool
    end_seen_b: bool
    hidden_ms: int
    decided_ms: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        input_ = self.input_.value

        visible_a_ms = self.visible_a_ms

        visible_b_ms = self.visible_b_ms

        end_seen_a = self.end_seen_a

        end_seen_b = self.end_seen_b

        hidden_ms = self.hidden_ms

        decided_ms = self.decided_ms

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "input": input_,
                "visible_a_ms": visible_a_ms,
                "visible_b_ms": visible_b_ms,
                "end_seen_a": end_seen_a,
                "end_seen_b": end_seen_b,
                "hidden_ms": hidden_ms,
                "decided_ms": decided_ms,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        input_ = InputEnum(d.pop("input"))

        visible_a_ms = d.pop("visible_a_ms")

        visible_b_ms = d.pop("visible_b_ms")

        end_seen_a = d.pop("end_seen_a")

        end_seen_b = d.pop("end_seen_b")

        hidden_ms = d.pop("hidden_ms")

        decided_ms = d.pop("decided_ms")

        attention = cls(
            input_=input_,
            visible_a_ms=visible_a_ms,
            visible_b_ms=visible_b_ms,
            end_seen_a=end_seen_a,
            end_seen_b=end_seen_b,
            hidden_ms=hidden_ms,
            decided_ms=decided_ms,
        )

        attention.additional_properties = d
        return attention

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
