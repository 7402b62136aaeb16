"""What the documents name."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))]
OPERATING = ROOT / "docs" / "operating.md"


def code(document: Path) -> str:
    """Everything that is set as code."""
    return "\n".join(re.findall(r"```.*?```|`[^`\n]+`", document.read_text(), re.DOTALL))


def management_commands(document: Path) -> set[str]:
    """The names after `manage.py`."""
    return set(re.findall(r"(?:manage\.py|embedded manage) ([a-z_]+)", code(document)))


def modules(document: Path) -> set[str]:
    """The names after `python -m`."""
    return set(re.findall(r"python3? -m ([a-z_.]+)", code(document)))
