"""Requests made up from the OpenAPI file: no server error, and every answer is as it says."""

from typing import Any

import pytest

from arena.contestants.models import Contestant
from tests.api.conformance import tried
from tests.drawn import examples

pytestmark = pytest.mark.django_db(transaction=True)


def test_reading_conforms(live_server: Any, rated: list[Contestant]) -> None:
    assert tried(live_server.url, examples=examples(80)) >= 40
