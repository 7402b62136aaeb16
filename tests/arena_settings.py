"""The type of the fixture `arena_settings`, by which a test changes the arena's settings."""

from typing import Any, Protocol


class ChangeSettings(Protocol):
    """Changes settings of the arena for one test; a wrong name or value raises ValueError.

    `arena_settings(max_turns=2)` is as if the site had started with ARENA_MAX_TURNS=2.
    """

    def __call__(self, **changes: Any) -> None: ...
