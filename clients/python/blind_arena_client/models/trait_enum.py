from enum import StrEnum


class TraitEnum(StrEnum):
    CLEAR = "clear"
    COMPLETE = "complete"
    CORRECT = "correct"
    GOOD_STYLE = "good_style"
    INCOMPLETE = "incomplete"
    NOT_FOLLOWED = "not_followed"
    UNCLEAR = "unclear"
    UNSAFE = "unsafe"
    WRONG = "wrong"

    def __str__(self) -> str:
        return str(self.value)
