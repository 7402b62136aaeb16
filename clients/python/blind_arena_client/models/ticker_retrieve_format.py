from enum import StrEnum


class TickerRetrieveFormat(StrEnum):
    EVENTS = "events"
    JSON = "json"

    def __str__(self) -> str:
        return str(self.value)
