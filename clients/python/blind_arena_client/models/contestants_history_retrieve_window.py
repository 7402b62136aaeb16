from enum import StrEnum


class ContestantsHistoryRetrieveWindow(StrEnum):
    ALL = "all"
    VALUE_1 = "30d"

    def __str__(self) -> str:
        return str(self.value)
