from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
    from ..models.today import Today


T = TypeVar("T", bound="Status")


@_attrs_define
class Status:
    """
    Attributes:
        counted (int): Votes on the overall board, as last fitted.
        today (Today):
        held_share (float | None): Of today's votes.
        program_votes (int): Cast with keys of the API; they count on no board.
        contestants (int): That may be drawn now.
        last_entry (int | None): Number of the newest entry of the chain.
    """

    counted: int
    today: Today
    held_share: float | None
    program_votes: int
    contestants: int
    last_entry: int | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.today import Today  # noqa: PLC0415

        counted = self.counted

        today = self.today.to_dict()

        held_share: float | None
        held_share = self.held_share

        program_votes = self.program_votes

        contestants = self.contestants

        last_entry: int | None
        last_entry = self.last_entry

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "counted": counted,
                "today": today,
                "held_share": held_share,
                "program_votes": program_votes,
                "contestants": contestants,
                "last_entry": last_entry,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.today import Today  # noqa: PLC0415

        d = dict(src_dict)
        counted = d.pop("counted")

        today = Today.from_dict(d.pop("today"))

        def _parse_held_share(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        held_share = _parse_held_share(d.pop("held_share"))

        program_votes = d.pop("program_votes")

        contestants = d.pop("contestants")

        def _parse_last_entry(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        last_entry = _parse_last_entry(d.pop("last_entry"))

        status = cls(
            counted=counted,
            today=today,
            held_share=held_share,
            program_votes=program_votes,
            contestants=contestants,
            last_entry=last_entry,
        )

        status.additional_properties = d
        return status

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
