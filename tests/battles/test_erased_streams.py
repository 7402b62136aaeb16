"""Erasure takes the texts that are still in Redis, and what a worker writes after it."""

from typing import Any

import pytest
import redis

from arena.battles.erasure import erase_texts
from arena.battles.live.streams import AnswerStream, stream_key
from arena.battles.models import Battle
from arena.battles.tasks import delete_streams
from tests.factories import OpenBattle
from tests.servers import REDIS


def write(client: redis.Redis, battle: Battle, side: str, text: str) -> None:
    stream = AnswerStream(stream_key(battle.pk, side), 1)
    stream.append(text)
    with client.pipeline(transaction=False) as pipeline:
        stream.write_to(pipeline)
        pipeline.execute()


@pytest.mark.django_db
def test_streams_go_with_the_texts(
    running_battle: OpenBattle, django_capture_on_commit_callbacks: Any
) -> None:
    battle = running_battle()
    with redis.Redis.from_url(REDIS.url) as client:
        for side in "ab":
            write(client, battle, side, "private words")
        with django_capture_on_commit_callbacks(execute=True):
            erase_texts(battle.voter_id)
        keys = [stream_key(battle.pk, side) for side in "ab"]
        assert client.exists(*keys) == 0
        write(client, battle, "a", "what the worker had in hand")
        delete_streams([(str(battle.pk), 1)])
        assert client.exists(*keys) == 0
