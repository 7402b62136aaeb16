from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from ..models.contestant_state_enum import ContestantStateEnum
from ..types import UNSET, Unset
from typing import cast
import datetime

if TYPE_CHECKING:
    from ..models.claim import Claim
    from ..models.endpoint_change import EndpointChange
    from ..models.state_change import StateChange
    from ..models.version import Version


T = TypeVar("T", bound="Contestant")


@_attrs_define
class Contestant:
    """A serializer that gives only the members that the query's `fields` names, if it does.

    Attributes:
        slug (str): Its part of the addresses of its page, badge and API. It cannot change once the contestant has
            competed.
        name (str): Public name, shown after a vote.
        organisation (str):
        licence (str):
        description (str): For the public: its weights, version, quantisation, prompt template and parameters.
        state_changes (list[StateChange]): When it entered or left the draw, and why.
        endpoint_changes (list[EndpointChange]): What of its endpoints changed since it first entered.
        claim (Claim | None): What the operator says that it is; null: nothing is stated.
        versions (list[Version]): Each change of its claim or its endpoints begins a version; the newest first.
        created_at (datetime.datetime):
        url (str):
        licence_url (str | Unset):
        website (str | Unset):
        state (ContestantStateEnum | Unset): * `draft` - draft
            * `active` - active
            * `provisional` - provisional
            * `retired` - retired
    """

    slug: str
    name: str
    organisation: str
    licence: str
    description: str
    state_changes: list[StateChange]
    endpoint_changes: list[EndpointChange]
    claim: Claim | None
    versions: list[Version]
    created_at: datetime.datetime
    url: str
    licence_url: str | Unset = UNSET
    website: str | Unset = UNSET
    state: ContestantStateEnum | Unset = UNSET
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.claim import Claim  # noqa: PLC0415
        from ..models.endpoint_change import EndpointChange  # noqa: PLC0415
        from ..models.state_change import StateChange  # noqa: PLC0415
        from ..models.version import Version  # noqa: PLC0415

        slug = self.slug

        name = self.name

        organisation = self.organisation

        licence = self.licence

        description = self.description

        state_changes = []
        for state_changes_item_data in self.state_changes:
            state_changes_item = state_changes_item_data.to_dict()
            state_changes.append(state_changes_item)

        endpoint_changes = []
        for endpoint_changes_item_data in self.endpoint_changes:
            endpoint_changes_item = endpoint_changes_item_data.to_dict()
            endpoint_changes.append(endpoint_changes_item)

        claim: dict[str, Any] | None
        if isinstance(self.claim, Claim):
            claim = self.claim.to_dict()
        else:
            claim = self.claim

        versions = []
        for versions_item_data in self.versions:
            versions_item = versions_item_data.to_dict()
            versions.append(versions_item)

        created_at = self.created_at.isoformat()

        url = self.url

        licence_url: str | Unset
        if isinstance(self.licence_url, Unset):
            licence_url = UNSET
        else:
            licence_url = self.licence_url

        website: str | Unset
        if isinstance(self.website, Unset):
            website = UNSET
        else:
            website = self.website

        state: str | Unset = UNSET
        if not isinstance(self.state, Unset):
            state = self.state.value

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "slug": slug,
                "name": name,
                "organisation": organisation,
                "licence": licence,
                "description": description,
                "state_changes": state_changes,
                "endpoint_changes": endpoint_changes,
                "claim": claim,
                "versions": versions,
                "created_at": created_at,
                "url": url,
            }
        )
        if licence_url is not UNSET:
            field_dict["licence_url"] = licence_url
        if website is not UNSET:
            field_dict["website"] = website
        if state is not UNSET:
            field_dict["state"] = state

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.claim import Claim  # noqa: PLC0415
        from ..models.endpoint_change import EndpointChange  # noqa: PLC0415
        from ..models.state_change import StateChange  # noqa: PLC0415
        from ..models.version import Version  # noqa: PLC0415

        d = dict(src_dict)
        slug = d.pop("slug")

        name = d.pop("name")

        organisation = d.pop("organisation")

        licence = d.pop("licence")

        description = d.pop("description")

        state_changes = []
        _state_changes = d.pop("state_changes")
        for state_changes_item_data in _state_changes:
            state_changes_item = StateChange.from_dict(state_changes_item_data)

            state_changes.append(state_changes_item)

        endpoint_changes = []
        _endpoint_changes = d.pop("endpoint_changes")
        for endpoint_changes_item_data in _endpoint_changes:
            endpoint_changes_item = EndpointChange.from_dict(endpoint_changes_item_data)

            endpoint_changes.append(endpoint_changes_item)

        def _parse_claim(data: object) -> Claim | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                claim_type_0 = Claim.from_dict(data)

                return claim_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Claim | None, data)

        claim = _parse_claim(d.pop("claim"))

        versions = []
        _versions = d.pop("versions")
        for versions_item_data in _versions:
            versions_item = Version.from_dict(versions_item_data)

            versions.append(versions_item)

        created_at = datetime.datetime.fromisoformat(d.pop("created_at"))

        url = d.pop("url")

        def _parse_licence_url(data: object) -> str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(str | Unset, data)

        licence_url = _parse_licence_url(d.pop("licence_url", UNSET))

        def _parse_website(data: object) -> str | Unset:
            if isinstance(data, Unset):
                return data
            return cast(str | Unset, data)

        website = _parse_website(d.pop("website", UNSET))

        _state = d.pop("state", UNSET)
        state: ContestantStateEnum | Unset
        if isinstance(_state, Unset):
            state = UNSET
        else:
            state = ContestantStateEnum(_state)

        contestant = cls(
            slug=slug,
            name=name,
            organisation=organisation,
            licence=licence,
            description=description,
            state_changes=state_changes,
            endpoint_changes=endpoint_changes,
            claim=claim,
            versions=versions,
            created_at=created_at,
            url=url,
            licence_url=licence_url,
            website=website,
            state=state,
        )

        contestant.additional_properties = d
        return contestant

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
