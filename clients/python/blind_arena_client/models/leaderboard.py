from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.intervals_enum import IntervalsEnum
from ..models.style_enum import StyleEnum
from ..models.window_enum import WindowEnum
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.board import Board
    from ..models.fragility import Fragility
    from ..models.leaderboard_row import LeaderboardRow
    from ..models.multiplicity import Multiplicity
    from ..models.style_effect import StyleEffect


T = TypeVar("T", bound="Leaderboard")


@_attrs_define
class Leaderboard:
    """
    Attributes:
        board (Board):
        style (StyleEnum): * `plain` - As voted
            * `controlled` - Style controlled
        window (WindowEnum): * `all` - All time
            * `30d` - Last 30 days
        since (datetime.date | None): First day of a rolling window.
        updated_at (datetime.datetime | None):
        votes (int):
        intervals (IntervalsEnum): * `by voter` - by voter
            * `by vote` - by vote
        rows (list[LeaderboardRow]):
        fragility (Fragility | None):
        multiplicity (list[Multiplicity]):
        style_effects (list[StyleEffect]):
    """

    board: Board
    style: StyleEnum
    window: WindowEnum
    since: datetime.date | None
    updated_at: datetime.datetime | None
    votes: int
    intervals: IntervalsEnum
    rows: list[LeaderboardRow]
    fragility: Fragility | None
    multiplicity: list[Multiplicity]
    style_effects: list[StyleEffect]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.board import Board  # noqa: PLC0415
        from ..models.fragility import Fragility  # noqa: PLC0415
        from ..models.leaderboard_row import LeaderboardRow  # noqa: PLC0415
        from ..models.multiplicity import Multiplicity  # noqa: PLC0415
        from ..models.style_effect import StyleEffect  # noqa: PLC0415

        board = self.board.to_dict()

        style = self.style.value

        window = self.window.value

        since: None | str
        if isinstance(self.since, datetime.date):
            since = self.since.isoformat()
        else:
            since = self.since

        updated_at: None | str
        if isinstance(self.updated_at, datetime.datetime):
            updated_at = self.updated_at.isoformat()
        else:
            updated_at = self.updated_at

        votes = self.votes

        intervals = self.intervals.value

        rows = []
        for rows_item_data in self.rows:
            rows_item = rows_item_data.to_dict()
            rows.append(rows_item)

        fragility: dict[str, Any] | None
        if isinstance(self.fragility, Fragility):
            fragility = self.fragility.to_dict()
        else:
            fragility = self.fragility

        multiplicity = []
        for multiplicity_item_data in self.multiplicity:
            multiplicity_item = multiplicity_item_data.to_dict()
            multiplicity.append(multiplicity_item)

        style_effects = []
        for style_effects_item_data in self.style_effects:
            style_effects_item = style_effects_item_data.to_dict()
            style_effects.append(style_effects_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "board": board,
                "style": style,
                "window": window,
                "since": since,
                "updated_at": updated_at,
                "votes": votes,
                "intervals": intervals,
                "rows": rows,
                "fragility": fragility,
                "multiplicity": multiplicity,
                "style_effects": style_effects,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.board import Board  # noqa: PLC0415
        from ..models.fragility import Fragility  # noqa: PLC0415
        from ..models.leaderboard_row import LeaderboardRow  # noqa: PLC0415
        from ..models.multiplicity import Multiplicity  # noqa: PLC0415
        from ..models.style_effect import StyleEffect  # noqa: PLC0415

        d = dict(src_dict)
        board = Board.from_dict(d.pop("board"))

        style = StyleEnum(d.pop("style"))

        window = WindowEnum(d.pop("window"))

        def _parse_since(data: object) -> datetime.date | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                since_type_0 = datetime.date.fromisoformat(data)

                return since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None, data)

        since = _parse_since(d.pop("since"))

        def _parse_updated_at(data: object) -> datetime.datetime | None:
            if data is None:
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                updated_at_type_0 = datetime.datetime.fromisoformat(data)

                return updated_at_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.datetime | None, data)

        updated_at = _parse_updated_at(d.pop("updated_at"))

        votes = d.pop("votes")

        intervals = IntervalsEnum(d.pop("intervals"))

        rows = []
        _rows = d.pop("rows")
        for rows_item_data in _rows:
            rows_item = LeaderboardRow.from_dict(rows_item_data)

            rows.append(rows_item)

        def _parse_fragility(data: object) -> Fragility | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                fragility_type_0 = Fragility.from_dict(data)

                return fragility_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Fragility | None, data)

        fragility = _parse_fragility(d.pop("fragility"))

        multiplicity = []
        _multiplicity = d.pop("multiplicity")
        for multiplicity_item_data in _multiplicity:
            multiplicity_item = Multiplicity.from_dict(multiplicity_item_data)

            multiplicity.append(multiplicity_item)

        style_effects = []
        _style_effects = d.pop("style_effects")
        for style_effects_item_data in _style_effects:
            style_effects_item = StyleEffect.from_dict(style_effects_item_data)

            style_effects.append(style_effects_item)

        leaderboard = cls(
            board=board,
            style=style,
            window=window,
            since=since,
            updated_at=updated_at,
            votes=votes,
            intervals=intervals,
            rows=rows,
            fragility=fragility,
            multiplicity=multiplicity,
            style_effects=style_effects,
        )

        leaderboard.additional_properties = d
        return leaderboard

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
