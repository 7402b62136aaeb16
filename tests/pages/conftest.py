"""A site with two contestants on boards."""

import pytest
from django.core.cache import caches

from arena.contestants.models import Contestant
from ratings import services
from tests.factories import Registered
from tests.pages.boards import vote


@pytest.fixture
def pair(contestant: Registered) -> tuple[Contestant, Contestant]:
    caches["process"].clear()
    services.register_boards()
    a, b = contestant("anna", organisation="Maker"), contestant("bert", organisation="Maker")
    vote(["overall", "code", "lang-de"], a, b, "a a a a a b b b")
    services.refit_changed(seconds=60)
    return a, b
