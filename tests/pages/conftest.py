"""A site with two contestants on boards."""

import pytest
from django.core.cache import caches

from arena.contestants.models import Contestant
from arena.leaderboards.boards import register_boards
from arena.leaderboards.fitting import refit_changed
from tests.factories import Registered, count_votes


@pytest.fixture
def pair(contestant: Registered) -> tuple[Contestant, Contestant]:
    caches["process"].clear()
    register_boards()
    a, b = contestant("anna", organisation="Maker"), contestant("bert", organisation="Maker")
    count_votes(["overall", "code", "lang-de"], a, b, "a a a a a b b b")
    refit_changed(seconds=60)
    return a, b
