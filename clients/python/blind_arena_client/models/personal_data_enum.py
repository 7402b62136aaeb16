from enum import StrEnum


class PersonalDataEnum(StrEnum):
    CONFIRMED = "confirmed"

    def __str__(self) -> str:
        return str(self.value)
