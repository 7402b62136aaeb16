from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.style_enum import StyleEnum
from ..models.window_enum import WindowEnum
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.chain_entry import ChainEntry
    from ..models.snapshot_conventions import SnapshotConventions
    from ..models.snapshot_grid_type_0 import SnapshotGridType0
    from ..models.snapshot_notes import SnapshotNotes
    from ..models.snapshot_rows_item import SnapshotRowsItem


T = TypeVar("T", bound="Snapshot")


@_attrs_define
class Snapshot:
    """A published leaderboard as `python -m ratings verify` takes it.

    Attributes:
        format_ (str):
        board (str):
        style (StyleEnum): * `plain` - As voted
            * `controlled` - Style controlled
        window (WindowEnum): * `all` - All time
            * `30d` - Last 30 days
        since (datetime.date | None):
        published_at (datetime.datetime):
        votes (int):
        conventions (SnapshotConventions):
        grid (None | SnapshotGridType0): How style is quantised.
        models (list[str]):
        counts (list[list[Any]]):
        digest (str): SHA-256 of the counts.
        rows (list[SnapshotRowsItem]):
        notes (SnapshotNotes):
        proof (ChainEntry | None): Null: published before there was a chain.
    """

    format_: str
    board: str
    style: StyleEnum
    window: WindowEnum
    since: datetime.date | None
    published_at: datetime.datetime
    votes: int
    conventions: SnapshotConventions
    grid: None | SnapshotGridType0
    models: list[str]
    counts: list[list[Any]]
    digest: str
    rows: list[SnapshotRowsItem]
    notes: SnapshotNotes
    proof: ChainEntry | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.chain_entry import ChainEntry  # noqa: PLC0415
        from ..models.snapshot_conventions import SnapshotConventions  # noqa: PLC0415
        from ..models.snapshot_grid_type_0 import SnapshotGridType0  # noqa: PLC0415
        from ..models.snapshot_notes import SnapshotNotes  # noqa: PLC0415
        from ..models.snapshot_rows_item import SnapshotRowsItem  # noqa: PLC0415

        format_ = self.format_

        board = self.board

        style = self.style.value

        window = self.window.value

        since: None | str
        if isinstance(self.since, datetime.date):
            since = self.since.isoformat()
        else:
            since = self.since

        published_at = self.published_at.isoformat()

        votes = self.votes

        conventions = self.conventions.to_dict()

        grid: dict[str, Any] | None
        if isinstance(self.grid, SnapshotGridType0):
            grid = self.grid.to_dict()
        else:
            grid = self.grid

        models = self.models

        counts = []
        for counts_item_data in self.counts:
            counts_item = counts_item_data

            counts.append(counts_item)

        digest = self.digest

        rows = []
        for rows_item_data in self.rows:
            rows_item = rows_item_data.to_dict()
            rows.append(rows_item)

        notes = self.notes.to_dict()

        proof: dict[str, Any] | None
        if isinstance(self.proof, ChainEntry):
            proof = self.proof.to_dict()
        else:
            proof = self.proof

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "format": format_,
                "board": board,
                "style": style,
                "window": window,
                "since": since,
                "published_at": published_at,
                "votes": votes,
                "conventions": conventions,
                "grid": grid,
                "models": models,
                "counts": counts,
                "digest": digest,
                "rows": rows,
                "notes": notes,
                "proof": proof,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.chain_entry import ChainEntry  # noqa: PLC0415
        from ..models.snapshot_conventions import SnapshotConventions  # noqa: PLC0415
        from ..models.snapshot_grid_type_0 import SnapshotGridType0  # noqa: PLC0415
        from ..models.snapshot_notes import SnapshotNotes  # noqa: PLC0415
        from ..models.snapshot_rows_item import SnapshotRowsItem  # noqa: PLC0415

        d = dict(src_dict)
        format_ = d.pop("format")

        board = d.pop("board")

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

        published_at = datetime.datetime.fromisoformat(d.pop("published_at"))

        votes = d.pop("votes")

        conventions = SnapshotConventions.from_dict(d.pop("conventions"))

        def _parse_grid(data: object) -> None | SnapshotGridType0:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                grid_type_0 = SnapshotGridType0.from_dict(data)

                return grid_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(None | SnapshotGridType0, data)

        grid = _parse_grid(d.pop("grid"))

        models = cast(list[str], d.pop("models"))

        counts = []
        _counts = d.pop("counts")
        for counts_item_data in _counts:
            counts_item = cast(list[Any], counts_item_data)

            counts.append(counts_item)

        digest = d.pop("digest")

        rows = []
        _rows = d.pop("rows")
        for rows_item_data in _rows:
            rows_item = SnapshotRowsItem.from_dict(rows_item_data)

            rows.append(rows_item)

        notes = SnapshotNotes.from_dict(d.pop("notes"))

        def _parse_proof(data: object) -> ChainEntry | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                proof_type_0 = ChainEntry.from_dict(data)

                return proof_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(ChainEntry | None, data)

        proof = _parse_proof(d.pop("proof"))

        snapshot = cls(
            format_=format_,
            board=board,
            style=style,
            window=window,
            since=since,
            published_at=published_at,
            votes=votes,
            conventions=conventions,
            grid=grid,
            models=models,
            counts=counts,
            digest=digest,
            rows=rows,
            notes=notes,
            proof=proof,
        )

        snapshot.additional_properties = d
        return snapshot

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
