"""Where the tests' exports go."""

import base64
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import override_settings
from pytest_django import DjangoDbBlocker

from arena.exports.selectors import folder_of
from arena.exports.services import publish_export
from arena.voters.models import Voter
from tests.exports.casting import cast_many
from tests.factories import make_contestants


@pytest.fixture(scope="module", autouse=True)
def exports_folder(tmp_path_factory: Any) -> Iterator[Path]:
    """One for each file of tests; some of them share an export."""
    folder: Path = tmp_path_factory.mktemp("exports")
    with override_settings(ARENA=settings.ARENA.changed(exports=folder, export_smallest_cell=5)):
        yield folder


@pytest.fixture(scope="module")
def published(
    django_db_setup: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: Any
) -> Iterator[Path]:
    """The folder of a second export of 36 votes, between which the signing key was changed."""
    root = tmp_path_factory.mktemp("exports")
    private = base64.b64encode(bytes(range(32))).decode()
    with django_db_blocker.unblock():
        try:
            models = make_contestants(4)
            cast_many(models, [Voter.objects.create() for _ in range(3)])
            with override_settings(
                ARENA=settings.ARENA.changed(exports=root, export_smallest_cell=2)
            ):
                publish_export()
                cast_many(models[:2], [Voter.objects.create()])
                keys = (private, *settings.ARENA.signing_keys)
                with override_settings(ARENA=settings.ARENA.changed(signing_keys=keys)):
                    folder = folder_of(publish_export().name)
        finally:  # whatever fails leaves an empty database to the other tests
            call_command("flush", interactive=False, verbosity=0)
    yield folder


@pytest.fixture
def folder(published: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(published, tmp_path / "export"))
