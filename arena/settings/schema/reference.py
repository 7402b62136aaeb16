"""Writes the tables of all variables: `python -m arena.settings.schema.reference FILE`.

They replace what stands between two marks in the file, a Markdown document.
"""

import sys
from pathlib import Path

from pydantic.fields import FieldInfo

from arena.settings.schema.arena import PREFIX, ArenaSettings
from arena.settings.schema.deployment import DeploymentSettings
from arena.settings.schema.sections import Section
from arena.settings.schema.variable import Variable, expected

BEGIN = "<!-- Settings: written by `make settings` from arena/settings/schema. -->"
END = "<!-- End of the settings. -->"


def tables() -> str:
    """A Markdown table for each subject, with a row for each variable."""
    parts = [_table(DeploymentSettings, "")]
    parts += [_table(section, PREFIX) for section in ArenaSettings.SECTIONS]
    return "\n\n".join(parts)


def replaced(document: str) -> str:
    """The document with today's tables between its marks.

    Raises:
        ValueError: it lacks a mark.
    """
    before, begin, rest = document.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"The document lacks {END if begin else BEGIN}")
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{after}"


def _table(section: type[Section], prefix: str) -> str:
    rows = [
        f"### {(section.__doc__ or '').strip()}",
        "",
        "| variable | default | allowed | meaning |",
        "|---|---|---|---|",
        *(
            f"| `{prefix}{name.upper()}` | {_default(field)} | {_allowed(field)} |"
            f" {field.description} |"
            for name, field in section.model_fields.items()
        ),
    ]
    return "\n".join(rows)


def _default(field: FieldInfo) -> str:
    text = Variable.of(field).default_text
    if not text and field.default not in ("", ()):
        value = field.default
        text = str(value).lower() if isinstance(value, bool) else str(value)
    return f"`{text}`" if text else "none"


def _allowed(field: FieldInfo) -> str:
    about = Variable.of(field)
    allowed = expected(field)
    if about.unit:
        allowed += f", in {about.unit}"
    if about.demand is not None:
        allowed += f"; in production {about.demand.rule}"
    return allowed


if __name__ == "__main__":
    path = Path(sys.argv[1])
    path.write_text(replaced(path.read_text()))
