from enum import StrEnum


class FrameTypeEnum(StrEnum):
    FAILED = "failed"
    OPEN = "open"
    SNAPSHOT = "snapshot"
    TEXT = "text"
    VOTED = "voted"

    def __str__(self) -> str:
        return str(self.value)
