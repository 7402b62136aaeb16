from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.kind_enum import KindEnum


T = TypeVar("T", bound="ChainEntry")


@_attrs_define
class ChainEntry:
    """A signed entry of the hash chain, as `ratings.proof` describes it.

    Attributes:
        format_ (str):
        number (int):
        previous (str): Digest of the entry before it.
        kind (KindEnum): * `snapshot` - snapshot
            * `export` - export
        subject (str): SHA-256 of what was published.
        key (str): SHA-256 of the public key that signed.
        signature (str):
    """

    format_: str
    number: int
    previous: str
    kind: KindEnum
    subject: str
    key: str
    signature: str
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        format_ = self.format_

        number = self.number

        previous = self.previous

        kind = self.kind.value

        subject = self.subject

        key = self.key

        signature = self.signature

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "format": format_,
                "number": number,
                "previous": previous,
                "kind": kind,
                "subject": subject,
                "key": key,
                "signature": signature,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        format_ = d.pop("format")

        number = d.pop("number")

        previous = d.pop("previous")

        kind = KindEnum(d.pop("kind"))

        subject = d.pop("subject")

        key = d.pop("key")

        signature = d.pop("signature")

        chain_entry = cls(
            format_=format_,
            number=number,
            previous=previous,
            kind=kind,
            subject=subject,
            key=key,
            signature=signature,
        )

        chain_entry.additional_properties = d
        return chain_entry

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
