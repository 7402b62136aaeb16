from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.window_enum import WindowEnum
from typing import cast

if TYPE_CHECKING:
    from ..models.pair import Pair


T = TypeVar("T", bound="Matrix")


@_attrs_define
class Matrix:
    """
    Attributes:
        board (str):
        window (WindowEnum): * `all` - All time
            * `30d` - Last 30 days
        pairs (list[Pair]): Every pair that met, in order of names.
    """

    board: str
    window: WindowEnum
    pairs: list[Pair]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.pair import Pair  # noqa: PLC0415

        board = self.board

        window = self.window.value

        pairs = []
        for pairs_item_data in self.pairs:
            pairs_item = pairs_item_data.to_dict()
            pairs.append(pairs_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "board": board,
                "window": window,
                "pairs": pairs,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.pair import Pair  # noqa: PLC0415

        d = dict(src_dict)
        board = d.pop("board")

        window = WindowEnum(d.pop("window"))

        pairs = []
        _pairs = d.pop("pairs")
        for pairs_item_data in _pairs:
            pairs_item = Pair.from_dict(pairs_item_data)

            pairs.append(pairs_item)

        matrix = cls(
            board=board,
            window=window,
            pairs=pairs,
        )

        matrix.additional_properties = d
        return matrix

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
