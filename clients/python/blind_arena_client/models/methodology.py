from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
    from ..models.methodology_change import MethodologyChange
    from ..models.methodology_export import MethodologyExport
    from ..models.methodology_integrity import MethodologyIntegrity
    from ..models.methodology_rating import MethodologyRating
    from ..models.methodology_sampling import MethodologySampling
    from ..models.methodology_style import MethodologyStyle
    from ..models.methodology_windows import MethodologyWindows


T = TypeVar("T", bound="Methodology")


@_attrs_define
class Methodology:
    """
    Attributes:
        rating (MethodologyRating):
        style (MethodologyStyle):
        windows (MethodologyWindows): Days of each rolling window.
        sampling (MethodologySampling):
        integrity (MethodologyIntegrity):
        export (MethodologyExport):
        weights (str): The page that explains how votes are weighed.
        version (str): Of the newest change.
        changes (list[MethodologyChange]): The newest first.
    """

    rating: MethodologyRating
    style: MethodologyStyle
    windows: MethodologyWindows
    sampling: MethodologySampling
    integrity: MethodologyIntegrity
    export: MethodologyExport
    weights: str
    version: str
    changes: list[MethodologyChange]
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.methodology_change import MethodologyChange  # noqa: PLC0415
        from ..models.methodology_export import MethodologyExport  # noqa: PLC0415
        from ..models.methodology_integrity import MethodologyIntegrity  # noqa: PLC0415
        from ..models.methodology_rating import MethodologyRating  # noqa: PLC0415
        from ..models.methodology_sampling import MethodologySampling  # noqa: PLC0415
        from ..models.methodology_style import MethodologyStyle  # noqa: PLC0415
        from ..models.methodology_windows import MethodologyWindows  # noqa: PLC0415

        rating = self.rating.to_dict()

        style = self.style.to_dict()

        windows = self.windows.to_dict()

        sampling = self.sampling.to_dict()

        integrity = self.integrity.to_dict()

        export = self.export.to_dict()

        weights = self.weights

        version = self.version

        changes = []
        for changes_item_data in self.changes:
            changes_item = changes_item_data.to_dict()
            changes.append(changes_item)

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "rating": rating,
                "style": style,
                "windows": windows,
                "sampling": sampling,
                "integrity": integrity,
                "export": export,
                "weights": weights,
                "version": version,
                "changes": changes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.methodology_change import MethodologyChange  # noqa: PLC0415
        from ..models.methodology_export import MethodologyExport  # noqa: PLC0415
        from ..models.methodology_integrity import MethodologyIntegrity  # noqa: PLC0415
        from ..models.methodology_rating import MethodologyRating  # noqa: PLC0415
        from ..models.methodology_sampling import MethodologySampling  # noqa: PLC0415
        from ..models.methodology_style import MethodologyStyle  # noqa: PLC0415
        from ..models.methodology_windows import MethodologyWindows  # noqa: PLC0415

        d = dict(src_dict)
        rating = MethodologyRating.from_dict(d.pop("rating"))

        style = MethodologyStyle.from_dict(d.pop("style"))

        windows = MethodologyWindows.from_dict(d.pop("windows"))

        sampling = MethodologySampling.from_dict(d.pop("sampling"))

        integrity = MethodologyIntegrity.from_dict(d.pop("integrity"))

        export = MethodologyExport.from_dict(d.pop("export"))

        weights = d.pop("weights")

        version = d.pop("version")

        changes = []
        _changes = d.pop("changes")
        for changes_item_data in _changes:
            changes_item = MethodologyChange.from_dict(changes_item_data)

            changes.append(changes_item)

        methodology = cls(
            rating=rating,
            style=style,
            windows=windows,
            sampling=sampling,
            integrity=integrity,
            export=export,
            weights=weights,
            version=version,
            changes=changes,
        )

        methodology.additional_properties = d
        return methodology

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
