from enum import StrEnum


class GroupEnum(StrEnum):
    GENERAL = "general"
    LANGUAGE = "language"
    TOPIC = "topic"

    def __str__(self) -> str:
        return str(self.value)
