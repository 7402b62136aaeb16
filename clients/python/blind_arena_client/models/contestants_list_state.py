from enum import StrEnum


class ContestantsListState(StrEnum):
    ACTIVE = "active"
    DRAFT = "draft"
    PROVISIONAL = "provisional"
    RETIRED = "retired"

    def __str__(self) -> str:
        return str(self.value)
