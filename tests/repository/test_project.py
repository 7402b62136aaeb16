"""What would only be found when a site starts: tasks of the clock, models without migrations."""

from io import StringIO

import pytest
from django.conf import settings
from django.core.management import call_command

from arena.celery import app


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
