"""The error of wrong settings. It imports nothing of the arena, so every program can know it."""

from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured


class SettingsRefused(ImproperlyConfigured):
    """Settings with which the site does not start; the message has a line for each fault."""

    def __init__(self, faults: Iterable[str]) -> None:
        super().__init__("\n- ".join(["The site does not start with these settings:", *faults]))
