from enum import StrEnum


class ContestantStateEnum(StrEnum):
    ACTIVE = "active"
    DRAFT = "draft"
    PROVISIONAL = "provisional"
    RETIRED = "retired"

    def __str__(self) -> str:
        return str(self.value)
