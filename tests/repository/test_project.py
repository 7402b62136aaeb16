"""What would only be found when a site starts or is built: tasks, migrations, versions."""

import json
import re
from io import StringIO
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command
from django.template.loader import get_template

from arena.celery import app

FRONTEND = Path(__file__).resolve().parents[2] / "frontend"


def test_the_tasks_of_the_beat_schedule_exist() -> None:
    app.loader.import_default_modules()
    named = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}
    assert named
    assert named <= set(app.tasks)


@pytest.mark.django_db
def test_the_migrations_make_what_the_models_say() -> None:
    said = StringIO()
    try:
        call_command("makemigrations", check=True, dry_run=True, stdout=said)
    except SystemExit:
        pytest.fail(f"Run makemigrations: {said.getvalue()}")


def test_every_template_compiles() -> None:
    folder = FRONTEND / "templates"
    templates = [path for path in folder.rglob("*.*") if path.is_file()]
    assert templates
    for path in templates:
        get_template(str(path.relative_to(folder)))


def test_scripts_are_checked_against_the_types_of_the_vendored_versions() -> None:
    installed = json.loads((FRONTEND / "package.json").read_text())["devDependencies"]
    vendored = dict(
        re.findall(
            r"^(?:take|unpack) (\S+) (\S+)", (FRONTEND / "vendor.sh").read_text(), re.MULTILINE
        )
    )
    vendored["highlight.js"] = vendored.pop("@highlightjs/cdn-assets")
    declared = {
        name
        for types in (FRONTEND / "static" / "vendor").rglob("*.d.ts")
        for name in re.findall(r'from "([a-z.-]+)"', types.read_text())
    }
    assert {"dompurify", "highlight.js", "katex", "markdown-it", "uplot"} <= declared
    assert {name: installed[name] for name in declared} == {
        name: vendored[name] for name in declared
    }
