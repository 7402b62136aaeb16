from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..types import UNSET, Unset
from typing import cast
import datetime


T = TypeVar("T", bound="SnapshotHead")


@_attrs_define
class SnapshotHead:
    """What a snapshot is of; `/api/v1/snapshots/ID` has all of it.

    Attributes:
        id (int):
        published_at (datetime.datetime):
        votes (int):
        digest (str):
        since (datetime.date | None | Unset): First day of a rolling window.
        chain_entry (int | None | Unset): Number of the chain entry that seals it; null: from before there was a chain.
    """

    id: int
    published_at: datetime.datetime
    votes: int
    digest: str
    since: datetime.date | None | Unset = UNSET
    chain_entry: int | None | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        id = self.id

        published_at = self.published_at.isoformat()

        votes = self.votes

        digest = self.digest

        since: None | str | Unset
        if isinstance(self.since, Unset):
            since = UNSET
        elif isinstance(self.since, datetime.date):
            since = self.since.isoformat()
        else:
            since = self.since

        chain_entry: int | None | Unset
        if isinstance(self.chain_entry, Unset):
            chain_entry = UNSET
        else:
            chain_entry = self.chain_entry

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "id": id,
                "published_at": published_at,
                "votes": votes,
                "digest": digest,
            }
        )
        if since is not UNSET:
            field_dict["since"] = since
        if chain_entry is not UNSET:
            field_dict["chain_entry"] = chain_entry

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        id = d.pop("id")

        published_at = datetime.datetime.fromisoformat(d.pop("published_at"))

        votes = d.pop("votes")

        digest = d.pop("digest")

        def _parse_since(data: object) -> datetime.date | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            try:
                if not isinstance(data, str):
                    raise TypeError()
                since_type_0 = datetime.date.fromisoformat(data)

                return since_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(datetime.date | None | Unset, data)

        since = _parse_since(d.pop("since", UNSET))

        def _parse_chain_entry(data: object) -> int | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(int | None | Unset, data)

        chain_entry = _parse_chain_entry(d.pop("chain_entry", UNSET))

        snapshot_head = cls(
            id=id,
            published_at=published_at,
            votes=votes,
            digest=digest,
            since=since,
            chain_entry=chain_entry,
        )

        snapshot_head.additional_properties = d
        return snapshot_head

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
