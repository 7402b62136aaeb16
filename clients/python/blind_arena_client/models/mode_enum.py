from enum import StrEnum


class ModeEnum(StrEnum):
    BLIND = "blind"
    DIRECT = "direct"
    SIDE_BY_SIDE = "side_by_side"

    def __str__(self) -> str:
        return str(self.value)
