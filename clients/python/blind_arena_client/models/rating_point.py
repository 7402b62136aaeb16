from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast
import datetime


T = TypeVar("T", bound="RatingPoint")


@_attrs_define
class RatingPoint:
    """
    Attributes:
        published_at (datetime.datetime):
        rating (float):
        lower (float):
        upper (float):
        rank (int):
        votes (int):
    """

    published_at: datetime.datetime
    rating: float
    lower: float
    upper: float
    rank: int
    votes: int
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        published_at = self.published_at.isoformat()

        rating = self.rating

        lower = self.lower

        upper = self.upper

        rank = self.rank

        votes = self.votes

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "published_at": published_at,
                "rating": rating,
                "lower": lower,
                "upper": upper,
                "rank": rank,
                "votes": votes,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        published_at = datetime.datetime.fromisoformat(d.pop("published_at"))

        rating = d.pop("rating")

        lower = d.pop("lower")

        upper = d.pop("upper")

        rank = d.pop("rank")

        votes = d.pop("votes")

        rating_point = cls(
            published_at=published_at,
            rating=rating,
            lower=lower,
            upper=upper,
            rank=rank,
            votes=votes,
        )

        rating_point.additional_properties = d
        return rating_point

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
