from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.version_claim import VersionClaim


T = TypeVar("T", bound="Version")


@_attrs_define
class Version:
    """
    Attributes:
        number (int): Counted from 1, its first entry into the draw.
        since (datetime.datetime):
        changed (list[str]): What began it: the codes of `endpoint_changes`, and `claim:PART`.
        claim (VersionClaim): The parts of the claim that were stated then.
    """

    number: int
    since: datetime.datetime
    changed: list[str]
    claim: VersionClaim
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.version_claim import VersionClaim  # noqa: PLC0415

        number = self.number

        since = self.since.isoformat()

        changed = self.changed

        claim = self.claim.to_dict()

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "since": since,
                "changed": changed,
                "claim": claim,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.version_claim import VersionClaim  # noqa: PLC0415

        d = dict(src_dict)
        number = d.pop("number")

        since = datetime.datetime.fromisoformat(d.pop("since"))

        changed = cast(list[str], d.pop("changed"))

        claim = VersionClaim.from_dict(d.pop("claim"))

        version = cls(
            number=number,
            since=since,
            changed=changed,
            claim=claim,
        )

        version.additional_properties = d
        return version

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
