from enum import StrEnum


class InputEnum(StrEnum):
    BUTTON = "button"
    KEY = "key"

    def __str__(self) -> str:
        return str(self.value)
