from enum import StrEnum


class BoardsMatrixRetrieveWindow(StrEnum):
    ALL = "all"
    VALUE_1 = "30d"

    def __str__(self) -> str:
        return str(self.value)
