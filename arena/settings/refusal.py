"""The error of wrong settings. It imports nothing of the arena, so every program can know it."""

from collections.abc import Iterable

from django.core.exceptions import ImproperlyConfigured


class SettingsRefused(ImproperlyConfigured):
    """Settings with which the site does not start; the message has a line for each fault.

    `advice` follows them.
    """

    def __init__(self, faults: Iterable[str], advice: str = "") -> None:
        lines = "\n- ".join(["The site does not start with these settings:", *faults])
        super().__init__(f"{lines}\n{advice}".rstrip())
