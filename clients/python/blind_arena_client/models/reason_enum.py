from enum import StrEnum


class ReasonEnum(StrEnum):
    HATEFUL = "hateful"
    OTHER = "other"
    PERSONAL = "personal"
    SEXUAL = "sexual"
    UNLAWFUL = "unlawful"

    def __str__(self) -> str:
        return str(self.value)
