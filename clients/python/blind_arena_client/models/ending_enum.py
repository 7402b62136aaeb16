from enum import StrEnum


class EndingEnum(StrEnum):
    BROKEN_OFF = "broken_off"
    CUT = "cut"
    WHOLE = "whole"

    def __str__(self) -> str:
        return str(self.value)
