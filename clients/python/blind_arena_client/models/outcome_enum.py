from enum import StrEnum


class OutcomeEnum(StrEnum):
    A = "a"
    B = "b"
    BOTH_BAD = "both_bad"
    TIE = "tie"

    def __str__(self) -> str:
        return str(self.value)
