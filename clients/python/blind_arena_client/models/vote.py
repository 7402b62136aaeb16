from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.outcome_enum import OutcomeEnum
from typing import cast
import datetime


T = TypeVar("T", bound="Vote")


@_attrs_define
class Vote:
    """
    Attributes:
        outcome (OutcomeEnum): * `a` - A is better
            * `b` - B is better
            * `tie` - Tie
            * `both_bad` - Both are bad
        cast_at (datetime.datetime):
        standing (str): Whether the vote counts: counted, held, excluded.
        reason (None | str): Why it does not count.
        weight (float): How much it counts if it does, from 0 to 1; computed anew every ten minutes.
        weight_reason (None | str): Why it does not count fully, if it counts.
    """

    outcome: OutcomeEnum
    cast_at: datetime.datetime
    standing: str
    reason: None | str
    weight: float
    weight_reason: None | str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        outcome = self.outcome.value

        cast_at = self.cast_at.isoformat()

        standing = self.standing

        reason: None | str
        reason = self.reason

        weight = self.weight

        weight_reason: None | str
        weight_reason = self.weight_reason

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "outcome": outcome,
                "cast_at": cast_at,
                "standing": standing,
                "reason": reason,
                "weight": weight,
                "weight_reason": weight_reason,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        outcome = OutcomeEnum(d.pop("outcome"))

        cast_at = datetime.datetime.fromisoformat(d.pop("cast_at"))

        standing = d.pop("standing")

        def _parse_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        reason = _parse_reason(d.pop("reason"))

        weight = d.pop("weight")

        def _parse_weight_reason(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        weight_reason = _parse_weight_reason(d.pop("weight_reason"))

        vote = cls(
            outcome=outcome,
            cast_at=cast_at,
            standing=standing,
            reason=reason,
            weight=weight,
            weight_reason=weight_reason,
        )

        vote.additional_properties = d
        return vote

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
