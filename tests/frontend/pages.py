"""What the tests of the site's scripts share."""

from typing import Any

LABELS = {"copy": "Copy", "copied": "Copied", "copyFailed": "Not copied", "code": "Code"}


def title(answer: dict[str, Any]) -> str:
    """How an answer of a table is named in reports."""
    return f"{answer['kind']}: {answer['name']}"


def kind(answer: dict[str, Any]) -> str:
    """Which part of a table it belongs to."""
    return str(answer["kind"])
