from enum import StrEnum


class BoardsSnapshotRetrieveStyle(StrEnum):
    CONTROLLED = "controlled"
    PLAIN = "plain"

    def __str__(self) -> str:
        return str(self.value)
