from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast


T = TypeVar("T", bound="LeaderboardRow")


@_attrs_define
class LeaderboardRow:
    """A serializer that gives only the members that the query's `fields` names, if it does.

    Attributes:
        contestant (str):
        name (str):
        organisation (str):
        licence (str):
        state (str):
        rank (int):
        rank_low (int):
        rank_high (int):
        rating (float):
        lower (float): Lower bound of the 95% interval.
        upper (float): Upper bound of the 95% interval.
        probability_best (float): That no other contestant is truly better.
        votes (int):
        preliminary (bool): Too few votes, or votes that all agree: the rating leans on a prior.
        marks (list[str]): Why it is preliminary: no votes, no wins, no losses, not connected, few votes.
        tie_rating (float | None): By Davidson's model of ties; null where style is controlled.
        rating_as_cast (float | None): If each vote counted 1, whatever it weighs; null where all weigh 1.
        votes_as_cast (int | None): Their number, where some weigh less; else null.
        elo (float | None): Live ticker over all battles; depends on the order of votes.
    """

    contestant: str
    name: str
    organisation: str
    licence: str
    state: str
    rank: int
    rank_low: int
    rank_high: int
    rating: float
    lower: float
    upper: float
    probability_best: float
    votes: int
    preliminary: bool
    marks: list[str]
    tie_rating: float | None
    rating_as_cast: float | None
    votes_as_cast: int | None
    elo: float | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        contestant = self.contestant

        name = self.name

        organisation = self.organisation

        licence = self.licence

        state = self.state

        rank = self.rank

        rank_low = self.rank_low

        rank_high = self.rank_high

        rating = self.rating

        lower = self.lower

        upper = self.upper

        probability_best = self.probability_best

        votes = self.votes

        preliminary = self.preliminary

        marks = self.marks

        tie_rating: float | None
        tie_rating = self.tie_rating

        rating_as_cast: float | None
        rating_as_cast = self.rating_as_cast

        votes_as_cast: int | None
        votes_as_cast = self.votes_as_cast

        elo: float | None
        elo = self.elo

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "contestant": contestant,
                "name": name,
                "organisation": organisation,
                "licence": licence,
                "state": state,
                "rank": rank,
                "rank_low": rank_low,
                "rank_high": rank_high,
                "rating": rating,
                "lower": lower,
                "upper": upper,
                "probability_best": probability_best,
                "votes": votes,
                "preliminary": preliminary,
                "marks": marks,
                "tie_rating": tie_rating,
                "rating_as_cast": rating_as_cast,
                "votes_as_cast": votes_as_cast,
                "elo": elo,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        contestant = d.pop("contestant")

        name = d.pop("name")

        organisation = d.pop("organisation")

        licence = d.pop("licence")

        state = d.pop("state")

        rank = d.pop("rank")

        rank_low = d.pop("rank_low")

        rank_high = d.pop("rank_high")

        rating = d.pop("rating")

        lower = d.pop("lower")

        upper = d.pop("upper")

        probability_best = d.pop("probability_best")

        votes = d.pop("votes")

        preliminary = d.pop("preliminary")

        marks = cast(list[str], d.pop("marks"))

        def _parse_tie_rating(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        tie_rating = _parse_tie_rating(d.pop("tie_rating"))

        def _parse_rating_as_cast(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        rating_as_cast = _parse_rating_as_cast(d.pop("rating_as_cast"))

        def _parse_votes_as_cast(data: object) -> int | None:
            if data is None:
                return data
            return cast(int | None, data)

        votes_as_cast = _parse_votes_as_cast(d.pop("votes_as_cast"))

        def _parse_elo(data: object) -> float | None:
            if data is None:
                return data
            return cast(float | None, data)

        elo = _parse_elo(d.pop("elo"))

        leaderboard_row = cls(
            contestant=contestant,
            name=name,
            organisation=organisation,
            licence=licence,
            state=state,
            rank=rank,
            rank_low=rank_low,
            rank_high=rank_high,
            rating=rating,
            lower=lower,
            upper=upper,
            probability_best=probability_best,
            votes=votes,
            preliminary=preliminary,
            marks=marks,
            tie_rating=tie_rating,
            rating_as_cast=rating_as_cast,
            votes_as_cast=votes_as_cast,
            elo=elo,
        )

        leaderboard_row.additional_properties = d
        return leaderboard_row

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
