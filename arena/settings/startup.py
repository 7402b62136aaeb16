"""Programs whose settings are wrong end with a plain message.

Without a stack trace, for what is wrong is in the environment and not in the code.
"""

import sys
from types import TracebackType

from arena.settings.refusal import SettingsRefused

WRONG = 2  # exit code


def show_refusals_plainly() -> None:
    """Print refused settings as they are, wherever they end a program of this process."""
    former = sys.excepthook

    def show(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, SettingsRefused):
            print(error, file=sys.stderr)
        else:
            former(kind, error, trace)

    sys.excepthook = show


def use_settings() -> None:
    """Load Django's settings, or end the program; for servers, which print traces themselves."""
    from django.conf import settings  # noqa: PLC0415 - only where Django is used

    try:
        _ = settings.DEBUG
    except SettingsRefused as refusal:
        print(refusal, file=sys.stderr, flush=True)
        raise SystemExit(WRONG) from None
