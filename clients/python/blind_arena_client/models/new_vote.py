from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.outcome_enum import OutcomeEnum
from ..types import UNSET, Unset
from typing import cast

if TYPE_CHECKING:
    from ..models.attention import Attention


T = TypeVar("T", bound="NewVote")


@_attrs_define
class NewVote:
    """
    Attributes:
        outcome (OutcomeEnum): * `a` - A is better
            * `b` - B is better
            * `tie` - Tie
            * `both_bad` - Both are bad
        attention (Attention | None | Unset): Of use to the arena, and never needed: a vote without it counts as well.
    """

    outcome: OutcomeEnum
    attention: Attention | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.attention import Attention  # noqa: PLC0415

        outcome = self.outcome.value

        attention: dict[str, Any] | None | Unset
        if isinstance(self.attention, Unset):
            attention = UNSET
        elif isinstance(self.attention, Attention):
            attention = self.attention.to_dict()
        else:
            attention = self.attention

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "outcome": outcome,
            }
        )
        if attention is not UNSET:
            field_dict["attention"] = attention

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.attention import Attention  # noqa: PLC0415

        d = dict(src_dict)
        outcome = OutcomeEnum(d.pop("outcome"))

        def _parse_attention(data: object) -> Attention | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                attention_type_0 = Attention.from_dict(data)

                return attention_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Attention | None | Unset, data)

        attention = _parse_attention(d.pop("attention", UNSET))

        new_vote = cls(
            outcome=outcome,
            attention=attention,
        )

        new_vote.additional_properties = d
        return new_vote

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
