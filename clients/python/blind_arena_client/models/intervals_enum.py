from enum import StrEnum


class IntervalsEnum(StrEnum):
    BY_VOTE = "by vote"
    BY_VOTER = "by voter"

    def __str__(self) -> str:
        return str(self.value)
