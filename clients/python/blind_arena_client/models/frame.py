from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.battle_state_enum import BattleStateEnum
from ..models.frame_type_enum import FrameTypeEnum
from ..types import UNSET, Unset


T = TypeVar("T", bound="Frame")


@_attrs_define
class Frame:
    """One piece of news, as the battle's WebSocket sends it.

    Attributes:
        type_ (FrameTypeEnum): * `snapshot` - snapshot
            * `text` - text
            * `open` - open
            * `failed` - failed
            * `voted` - voted
        state (BattleStateEnum | Unset): * `generating` - the answers are being written
            * `open` - open to a vote
            * `voted` - voted
            * `failed` - failed
        turn (int | Unset):
        prompt (str | Unset):
        a (str | Unset):
        b (str | Unset):
        detail (str | Unset): Why the battle failed.
    """

    type_: FrameTypeEnum
    state: BattleStateEnum | Unset = UNSET
    turn: int | Unset = UNSET
    prompt: str | Unset = UNSET
    a: str | Unset = UNSET
    b: str | Unset = UNSET
    detail: str | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        type_ = self.type_.value

        state: str | Unset = UNSET
        if not isinstance(self.state, Unset):
            state = self.state.value

        turn = self.turn

        prompt = self.prompt

        a = self.a

        b = self.b

        detail = self.detail

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "type": type_,
            }
        )
        if state is not UNSET:
            field_dict["state"] = state
        if turn is not UNSET:
            field_dict["turn"] = turn
        if prompt is not UNSET:
            field_dict["prompt"] = prompt
        if a is not UNSET:
            field_dict["a"] = a
        if b is not UNSET:
            field_dict["b"] = b
        if detail is not UNSET:
            field_dict["detail"] = detail

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        type_ = FrameTypeEnum(d.pop("type"))

        _state = d.pop("state", UNSET)
        state: BattleStateEnum | Unset
        if isinstance(_state, Unset):
            state = UNSET
        else:
            state = BattleStateEnum(_state)

        turn = d.pop("turn", UNSET)

        prompt = d.pop("prompt", UNSET)

        a = d.pop("a", UNSET)

        b = d.pop("b", UNSET)

        detail = d.pop("detail", UNSET)

        frame = cls(
            type_=type_,
            state=state,
            turn=turn,
            prompt=prompt,
            a=a,
            b=b,
            detail=detail,
        )

        frame.additional_properties = d
        return frame

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
