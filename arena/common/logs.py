"""Log lines that an outage or an attacker must not multiply."""

import logging
import time

SECONDS = 10.0


class SeldomLogger:
    """Logs each kind of line at most once in ten seconds, with how many were left out."""

    def __init__(self, logger: logging.Logger) -> None:
        self._logger = logger
        self._logged_at: dict[str, float] = {}
        self._left_out: dict[str, int] = {}

    def warning(self, text: str, error: Exception) -> None:
        """Log a line that names the kind of an error, without its traceback."""
        kind = f"{text} {type(error).__name__}"
        now = time.monotonic()
        if now - self._logged_at.get(kind, -SECONDS) < SECONDS:
            self._left_out[kind] = self._left_out.get(kind, 0) + 1
            return
        self._logged_at[kind] = now
        left_out = self._left_out.pop(kind, 0)
        self._logger.warning("%s%s", kind, f" (and {left_out} times before)" if left_out else "")
