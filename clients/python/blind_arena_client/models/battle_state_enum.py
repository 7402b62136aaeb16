from enum import StrEnum


class BattleStateEnum(StrEnum):
    FAILED = "failed"
    GENERATING = "generating"
    OPEN = "open"
    VOTED = "voted"

    def __str__(self) -> str:
        return str(self.value)
