from enum import StrEnum


class KindEnum(StrEnum):
    EXPORT = "export"
    SNAPSHOT = "snapshot"

    def __str__(self) -> str:
        return str(self.value)
