"""At least 10,000 requests made up from the OpenAPI file, none of which the site gets wrong."""

import time
from typing import Any

import pytest

from arena.contestants.models import Contestant
from tests.api.conformance import tried
from tests.arena_settings import ChangeSettings
from tests.bench.conftest import Report

pytestmark = pytest.mark.django_db(transaction=True)


def test_ten_thousand_cases(
    live_server: Any,
    rated: list[Contestant],
    report: Report,
    arena_settings: ChangeSettings,
) -> None:
    arena_settings(rate_read="")
    began = time.perf_counter()
    cases = tried(live_server.url, examples=3000)
    seconds = time.perf_counter() - began
    report("Requests made up from the OpenAPI file", [{"cases": cases, "cases/s": cases / seconds}])
    assert cases >= 10_000
