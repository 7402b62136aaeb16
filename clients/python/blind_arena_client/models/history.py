from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.style_enum import StyleEnum
from ..models.window_enum import WindowEnum
from typing import cast

if TYPE_CHECKING:
    from ..models.rating_point import RatingPoint
    from ..models.sampled_day import SampledDay


T = TypeVar("T", bound="History")


@_attrs_define
class History:
    """
    Attributes:
        contestant (str):
        board (str):
        style (StyleEnum): * `plain` - As voted
            * `controlled` - Style controlled
        window (WindowEnum): * `all` - All time
            * `30d` - Last 30 days
        points (list[RatingPoint]): The newest ones, oldest first.
        next_ (None | str): Address of the next page with older points; null: this is the last one.
        sampled_days (list[SampledDay]): The last days, oldest first.
    """

    contestant: str
    board: str
    style: StyleEnum
    window: WindowEnum
    points: list[RatingPoint]
    next_: None | str
    sampled_days: list[SampledDay]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.rating_point import RatingPoint  # noqa: PLC0415
        from ..models.sampled_day import SampledDay  # noqa: PLC0415

        contestant = self.contestant

        board = self.board

        style = self.style.value

        window = self.window.value

        points = []
        for points_item_data in self.points:
            points_item = points_item_data.to_dict()
            points.append(points_item)

        next_: None | str
        next_ = self.next_

        sampled_days = []
        for sampled_days_item_data in self.sampled_days:
            sampled_days_item = sampled_days_item_data.to_dict()
            sampled_days.append(sampled_days_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "contestant": contestant,
                "board": board,
                "style": style,
                "window": window,
                "points": points,
                "next": next_,
                "sampled_days": sampled_days,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.rating_point import RatingPoint  # noqa: PLC0415
        from ..models.sampled_day import SampledDay  # noqa: PLC0415

        d = dict(src_dict)
        contestant = d.pop("contestant")

        board = d.pop("board")

        style = StyleEnum(d.pop("style"))

        window = WindowEnum(d.pop("window"))

        points = []
        _points = d.pop("points")
        for points_item_data in _points:
            points_item = RatingPoint.from_dict(points_item_data)

            points.append(points_item)

        def _parse_next_(data: object) -> None | str:
            if data is None:
                return data
            return cast(None | str, data)

        next_ = _parse_next_(d.pop("next"))

        sampled_days = []
        _sampled_days = d.pop("sampled_days")
        for sampled_days_item_data in _sampled_days:
            sampled_days_item = SampledDay.from_dict(sampled_days_item_data)

            sampled_days.append(sampled_days_item)

        history = cls(
            contestant=contestant,
            board=board,
            style=style,
            window=window,
            points=points,
            next_=next_,
            sampled_days=sampled_days,
        )

        history.additional_properties = d
        return history

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
