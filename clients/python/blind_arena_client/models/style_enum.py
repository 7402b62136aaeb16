from enum import StrEnum


class StyleEnum(StrEnum):
    CONTROLLED = "controlled"
    PLAIN = "plain"

    def __str__(self) -> str:
        return str(self.value)
