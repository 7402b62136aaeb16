from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.outcome_enum import OutcomeEnum
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.vote_effect import VoteEffect
    from ..models.vote_period import VotePeriod


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
        weight_final_at (datetime.datetime): From then on the weight is not computed anew.
        counts_since (datetime.datetime | None): Null: it does not count, or its weight is 0.
        explanation (str): Whether and how much it counts, in words.
        history (list[VotePeriod]): How much it counted, the oldest first.
        effect (None | VoteEffect): What it changes at its weight. Null until it was weighed, within ten minutes, and of
            a vote that does not count or weighs 0.
    """

    outcome: OutcomeEnum
    cast_at: datetime.datetime
    standing: str
    reason: None | str
    weight: float
    weight_reason: None | str
    weight_final_at: datetime.datetime
    counts_since: datetime.datetime | None
    explanation: str
    history: list[VotePeriod]
    effect: None | VoteEffect
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.vote_effect import VoteEffect  # noqa: PLC0415
        from ..models.vote_period import VotePeriod  # noqa: PLC0415

        outcome = self.outcome.value

        cast_at = self.cast_at.isoformat()

        standing = self.standing

        reason: None | str
        reason = self.reason

        weight = self.weight

        weight_reason: None | str
        weight_reason = self.weight_reason

        weight_final_at = self.weight_final_at.isoformat()

        counts_since: None | str
        if isinstance(self.counts_since, datetime.datetime):
            counts_since = self.counts_since.isoformat()
        else:
            counts_since = self.counts_since

        explanation = self.explanation

        history = []
        for history_item_data in self.history:
            history_item = history_item_data.to_dict()
            history.append(history_item)

        effect: dict[str, Any] | None
        if isinstance(self.effect, VoteEffect):
            effect = self.effect.to_dict()
        else:
            effect = self.effect

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
                "weight_final_at": weight_final_at,
                "counts_since": counts_since,
                "explanation": explanation,
                "history": history,
                "effect": effect,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.vote_effect import VoteEffect  # noqa: PLC0415
        from ..models.vote_period import VotePeriod  # noqa: PLC0415

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

        weight_final_at = datetime.datetime.fromisoformat(d.pop("weight_final_at"))

        def _parse_counts_since(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                counts_since_type_0 = datetime.datetime.fromisoformat(data)

                return counts_since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        counts_since = _parse_counts_since(d.pop("counts_since"))

        explanation = d.pop("explanation")

        history = []
        _history = d.pop("history")
        for history_item_data in _history:
            history_item = VotePeriod.from_dict(history_item_data)

            history.append(history_item)

        def _parse_effect(data: object) -> None | VoteEffect:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                effect_type_0 = VoteEffect.from_dict(data)

                return effect_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | VoteEffect, data)

        effect = _parse_effect(d.pop("effect"))

        vote = cls(
            outcome=outcome,
            cast_at=cast_at,
            standing=standing,
            reason=reason,
            weight=weight,
            weight_reason=weight_reason,
            weight_final_at=weight_final_at,
            counts_since=counts_since,
            explanation=explanation,
            history=history,
            effect=effect,
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
