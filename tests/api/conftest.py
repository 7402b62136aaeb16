"""A site with published boards."""

import pytest

from arena.contestants.models import Contestant
from tests.api.boards import publish_boards
from tests.factories import Registered


@pytest.fixture
def rated(contestant: Registered) -> list[Contestant]:
    """Four contestants with votes on two boards, fitted and published."""
    return publish_boards(contestant)
