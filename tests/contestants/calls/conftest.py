"""The endpoint that most tests of calls use."""

import pytest

from arena.contestants.models import (
    Endpoint,
)
from tests.factories import Registered


@pytest.fixture
def endpoint(contestant: Registered) -> Endpoint:
    return contestant("left").endpoints.get()
