"""A whole site to kill processes of, and to read between the lines of."""

import json
import threading
from collections.abc import Iterator

import psycopg
import pytest

from arena.embedded.supervisor import DJANGO_PROCESSES, Site
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.battles.gold_questions import OpenGold, opener
from tests.conftest import UNLIMITED, running_site
from tests.factories import Registered
from tests.openai_server import WORDS, OpenAIServer
from tests.visitor import Visitor

CONTESTANTS = {
    "grey-heron-7b": {
        "name": "Grey Heron 7B",
        "organisation": "Marshland Institute",
        "licence": "Heron Community Licence",
        "description": "Waits, then strikes.",
        "model_id": "paced~marshland/heron-instruct",
        "system_prompt": "You are a patient wader.",
    },
    "old-walrus": {
        "name": "Old Walrus",
        "organisation": "Icefloe Company",
        "licence": "Apache-2.0",
        "description": "Slow on land.",
        "model_id": "paced~icefloe/walrus-chat",
        "system_prompt": "You are a heavy swimmer.",
    },
}


class PacedArena:
    """A site of two contestants, one endpoint each, whose answers come at a chosen pace."""

    def __init__(self, site: Site, servers: list[OpenAIServer]) -> None:
        self.site = site
        self.servers = servers
        self._reviving = threading.Lock()

    def pace(self, *, seconds: float, tokens: int = 80, held_after: int | None = None) -> str:
        """Let answers take so long from now on; returns the text of each.

        Args:
            held_after: so many tokens come, and the others after `release`.
        """
        for server in self.servers:
            server.tokens, server.rate = tokens, tokens / seconds
            server.held_after = held_after
        return "".join(f"{WORDS[number % len(WORDS)]} " for number in range(tokens))

    def release(self) -> None:
        """Let held answers go on."""
        for server in self.servers:
            server.held_after = None

    def visitor(self) -> Visitor:
        return Visitor(self.site.url)

    def kill(self, *names: str) -> None:
        """SIGKILL, also to what they have started."""
        for name in names:
            self.site.children[name].kill()

    def start(self, *names: str) -> None:
        """Start processes again and wait until they work."""
        for name in names:
            self.site.launch(name)
        for name in names:
            self.site.wait_until_ready(name)

    def revive(self) -> None:
        """Start what has ended by itself, as a production's process manager does.

        A Celery worker may end when its broker does, or when it connects again some seconds later:
        kombu cannot give back what is in hand. Of several threads one starts it.
        """
        with self._reviving:
            for name in ("postgres", "redis", *DJANGO_PROCESSES):
                if not self.site.children[name].running:
                    self.site.launch(name)

    def rows(self, query: str, *values: object) -> list[tuple[object, ...]]:
        """What a query on the site's database gives."""
        with psycopg.connect(self.site.postgres.url("arena")) as connection:
            return connection.execute(query, values).fetchall()


@pytest.fixture(scope="session")
def paced_arena(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PacedArena]:
    file = tmp_path_factory.mktemp("catalogue") / "catalogue.json"
    with OpenAIServer() as heron, OpenAIServer() as walrus:
        servers = [heron, walrus]
        entries = [
            {"slug": slug, "base_url": server.url, **values}
            for (slug, values), server in zip(CONTESTANTS.items(), servers, strict=True)
        ]
        file.write_text(json.dumps(entries))
        with running_site(file, **UNLIMITED) as site:
            yield PacedArena(site, servers)


@pytest.fixture
def gold(contestant: Registered, voter: Voter, arena_settings: ChangeSettings) -> OpenGold:
    """Opens a gold question of a kind. Its answers repeat the prompt."""
    return opener(contestant, voter, arena_settings)
