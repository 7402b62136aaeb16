"""The one rule for text from outside: which characters the site takes.

PostgreSQL stores no NUL, and a lone surrogate (which JSON can spell as ``"\\ud800"``) has no UTF-8
form, so it can be neither stored, sent nor logged.
"""

import re
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext_lazy as _

_UNSTORABLE = re.compile("[\x00\ud800-\udfff]")
NOT_TEXT = _("This holds characters that are not text.")


def is_plain(text: str) -> bool:
    """Whether a text can be stored and sent as it is."""
    return _UNSTORABLE.search(text) is None


def unstorable_places(data: Any, pointer: str = "") -> Iterator[str]:
    """The JSON pointers (RFC 6901) of the texts in parsed JSON that cannot be stored.

    A member whose name cannot be stored is named by the pointer of its object.
    """
    match data:
        case str():
            if not is_plain(data):
                yield pointer
        case list():
            for index, item in enumerate(data):
                yield from unstorable_places(item, f"{pointer}/{index}")
        case dict():
            for name, value in data.items():
                if not is_plain(name):
                    yield pointer
                else:
                    yield from unstorable_places(value, f"{pointer}/{name}")
