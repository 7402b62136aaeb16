from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field
import json
from .. import types

from ..types import UNSET, Unset

from ..models.personal_data_enum import PersonalDataEnum
from ..types import UNSET, Unset
from typing import cast


T = TypeVar("T", bound="NewBattleForm")


@_attrs_define
class NewBattleForm:
    """The same as multipart/form-data, which can hold an image.

    Attributes:
        prompt (str):
        proof (str | Unset): ALTCHA's payload in base64: see `proof-required`.
        personal_data (PersonalDataEnum | Unset): * `confirmed` - confirmed
        consent (str | Unset): Version of the text that the caller agrees to, once: see `consent-required`.
        publish (bool | None | Unset): Whether the conversation is published after the vote; as last time if not said.
        contestants (list[str] | Unset): Slugs of models to ask by name: one alone, or A and B side by side. Such a
            battle is not blind: it is never published, and its vote counts nowhere.
        image (None | str | Unset): PNG, JPEG, WebP or GIF. Only models that take images are drawn, and the conversation
            is never published.
        image_alt (str | Unset): What it shows. Default: ''.
    """

    prompt: str
    proof: str | Unset = UNSET
    personal_data: PersonalDataEnum | Unset = UNSET
    consent: str | Unset = UNSET
    publish: bool | None | Unset = UNSET
    contestants: list[str] | Unset = UNSET
    image: None | str | Unset = UNSET
    image_alt: str | Unset = ""
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        prompt = self.prompt

        proof = self.proof

        personal_data: str | Unset = UNSET
        if not isinstance(self.personal_data, Unset):
            personal_data = self.personal_data.value

        consent = self.consent

        publish: bool | None | Unset
        if isinstance(self.publish, Unset):
            publish = UNSET
        else:
            publish = self.publish

        contestants: list[str] | Unset = UNSET
        if not isinstance(self.contestants, Unset):
            contestants = self.contestants

        image: None | str | Unset
        if isinstance(self.image, Unset):
            image = UNSET
        else:
            image = self.image

        image_alt = self.image_alt

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "prompt": prompt,
            }
        )
        if proof is not UNSET:
            field_dict["proof"] = proof
        if personal_data is not UNSET:
            field_dict["personal_data"] = personal_data
        if consent is not UNSET:
            field_dict["consent"] = consent
        if publish is not UNSET:
            field_dict["publish"] = publish
        if contestants is not UNSET:
            field_dict["contestants"] = contestants
        if image is not UNSET:
            field_dict["image"] = image
        if image_alt is not UNSET:
            field_dict["image_alt"] = image_alt

        return field_dict

    def to_multipart(self) -> types.RequestFiles:
        files: types.RequestFiles = []

        files.append(("prompt", (None, str(self.prompt).encode(), "text/plain")))

        if not isinstance(self.proof, Unset):
            files.append(("proof", (None, str(self.proof).encode(), "text/plain")))

        if not isinstance(self.personal_data, Unset):
            files.append(
                (
                    "personal_data",
                    (None, str(self.personal_data.value).encode(), "text/plain"),
                )
            )

        if not isinstance(self.consent, Unset):
            files.append(("consent", (None, str(self.consent).encode(), "text/plain")))

        if not isinstance(self.publish, Unset):
            if isinstance(self.publish, bool):
                files.append(
                    ("publish", (None, str(self.publish).encode(), "text/plain"))
                )
            else:
                files.append(
                    ("publish", (None, str(self.publish).encode(), "text/plain"))
                )

        if not isinstance(self.contestants, Unset):
            for contestants_item_element in self.contestants:
                files.append(
                    (
                        "contestants",
                        (None, str(contestants_item_element).encode(), "text/plain"),
                    )
                )

        if not isinstance(self.image, Unset):
            if isinstance(self.image, str):
                files.append(("image", (None, str(self.image).encode(), "text/plain")))
            else:
                files.append(("image", (None, str(self.image).encode(), "text/plain")))

        if not isinstance(self.image_alt, Unset):
            files.append(
                ("image_alt", (None, str(self.image_alt).encode(), "text/plain"))
            )

        for prop_name, prop in self.additional_properties.items():
            files.append((prop_name, (None, str(prop).encode(), "text/plain")))

        return files

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        d = dict(src_dict)
        prompt = d.pop("prompt")

        proof = d.pop("proof", UNSET)

        _personal_data = d.pop("personal_data", UNSET)
        personal_data: PersonalDataEnum | Unset
        if isinstance(_personal_data, Unset):
            personal_data = UNSET
        else:
            personal_data = PersonalDataEnum(_personal_data)

        consent = d.pop("consent", UNSET)

        def _parse_publish(data: object) -> bool | None | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(bool | None | Unset, data)

        publish = _parse_publish(d.pop("publish", UNSET))

        contestants = cast(list[str], d.pop("contestants", UNSET))

        def _parse_image(data: object) -> None | str | Unset:
            if data is None:
                return data
            if isinstance(data, Unset):
                return data
            return cast(None | str | Unset, data)

        image = _parse_image(d.pop("image", UNSET))

        image_alt = d.pop("image_alt", UNSET)

        new_battle_form = cls(
            prompt=prompt,
            proof=proof,
            personal_data=personal_data,
            consent=consent,
            publish=publish,
            contestants=contestants,
            image=image,
            image_alt=image_alt,
        )

        new_battle_form.additional_properties = d
        return new_battle_form

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
