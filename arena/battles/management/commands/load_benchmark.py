"""Loads a list of published benchmark questions, which no fresh prompt may repeat."""

import csv
import json
from argparse import ArgumentParser
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.core.validators import validate_slug
from tqdm import tqdm

from arena.battles.prompts.known import load_questions

FIELDS = ("question", "prompt", "text", "instruction")


class Command(BaseCommand):
    help = (
        "Load published questions: .txt (one a line), .csv with a header, or .jsonl. Loading a "
        "list again adds what is new in it. A sample: arena/battles/benchmarks/classics.txt."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="what the list is called, for instance mmlu")
        parser.add_argument("file", type=Path)
        parser.add_argument(
            "--field", help=f"column of the question; otherwise the first of {', '.join(FIELDS)}"
        )

    def handle(self, *, name: str, file: Path, field: str | None, **options: Any) -> None:
        fields = (field,) if field else FIELDS
        try:
            validate_slug(name)
        except ValidationError as error:
            raise CommandError(
                f"{name!r} is no name for a list: use letters, figures, - and _."
            ) from error
        try:
            questions = list(read(file, fields))
        except (OSError, ValueError) as error:
            raise CommandError(f"{file}: {error}") from error
        quiet = options["verbosity"] == 0
        new = load_questions(name, tqdm(questions, unit=" questions", disable=quiet or None))
        self.stdout.write(f"{name}: {new:,} new of {len(questions):,} questions.")


def read(file: Path, fields: tuple[str, ...]) -> Iterator[str]:
    """The questions of a file, in order.

    Raises:
        OSError: the file cannot be read.
        ValueError: it is of an unknown kind, or a row has no question; the message names the row.
    """
    with file.open(encoding="utf-8", newline="") as lines:
        match file.suffix.lower():
            case ".txt":
                rows: Iterator[Any] = ({"line": line} for line in lines if line.strip())
                fields = ("line",)
            case ".csv":
                rows = csv.DictReader(lines)
            case ".jsonl" | ".ndjson":
                rows = (json.loads(line) for line in lines if line.strip())
            case other:
                raise ValueError(f"files of the kind {other or '(none)'} are not known")
        for number, row in enumerate(rows, start=1):
            found = row if isinstance(row, dict) else {}
            question = next((found[field] for field in fields if found.get(field)), None)
            if not isinstance(question, str) or not question.strip():
                raise ValueError(f"row {number} has no text in {' or '.join(fields)}")
            yield question.strip().replace("\x00", "")
