from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar, BinaryIO, TextIO, TYPE_CHECKING, Generator

from attrs import define as _attrs_define
from attrs import field as _attrs_field

from ..types import UNSET, Unset

from typing import cast

if TYPE_CHECKING:
    from ..models.answers import Answers
    from ..models.endings import Endings
    from ..models.image import Image


T = TypeVar("T", bound="Turn")


@_attrs_define
class Turn:
    """
    Attributes:
        number (int):
        prompt (str):
        image (Image | None):
        answers (Answers):
        endings (Endings | None): Whether an answer was cut or broken off. After the vote only, unless the caller chose
            the contestants.
    """

    number: int
    prompt: str
    image: Image | None
    answers: Answers
    endings: Endings | None
    additional_properties: dict[str, Any] = _attrs_field(init=False, factory=dict)

    def to_dict(self) -> dict[str, Any]:
        from ..models.answers import Answers  # noqa: PLC0415
        from ..models.endings import Endings  # noqa: PLC0415
        from ..models.image import Image  # noqa: PLC0415

        number = self.number

        prompt = self.prompt

        image: dict[str, Any] | None
        if isinstance(self.image, Image):
            image = self.image.to_dict()
        else:
            image = self.image

        answers = self.answers.to_dict()

        endings: dict[str, Any] | None
        if isinstance(self.endings, Endings):
            endings = self.endings.to_dict()
        else:
            endings = self.endings

        field_dict: dict[str, Any] = {}
        field_dict.update(self.additional_properties)
        field_dict.update(
            {
                "number": number,
                "prompt": prompt,
                "image": image,
                "answers": answers,
                "endings": endings,
            }
        )

        return field_dict

    @classmethod
    def from_dict(cls: type[T], src_dict: Mapping[str, Any]) -> T:
        from ..models.answers import Answers  # noqa: PLC0415
        from ..models.endings import Endings  # noqa: PLC0415
        from ..models.image import Image  # noqa: PLC0415

        d = dict(src_dict)
        number = d.pop("number")

        prompt = d.pop("prompt")

        def _parse_image(data: object) -> Image | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                image_type_0 = Image.from_dict(data)

                return image_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Image | None, data)

        image = _parse_image(d.pop("image"))

        answers = Answers.from_dict(d.pop("answers"))

        def _parse_endings(data: object) -> Endings | None:
            if data is None:
                return data
            try:
                if not isinstance(data, dict):
                    raise TypeError()
                endings_type_0 = Endings.from_dict(data)

                return endings_type_0
            except (TypeError, ValueError, AttributeError, KeyError):
                pass
            return cast(Endings | None, data)

        endings = _parse_endings(d.pop("endings"))

        turn = cls(
            number=number,
            prompt=prompt,
            image=image,
            answers=answers,
            endings=endings,
        )

        turn.additional_properties = d
        return turn

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
