"""Gold questions to test with, whose answers a real endpoint writes."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import connection
from django.db.models import F

from arena.battles.generation.worker import generate
from arena.battles.live.streams import read_streams
from arena.battles.models import Answer, Battle, GoldBattle, StyleProfile
from arena.battles.opening import open_battle
from arena.contestants.models import Endpoint
from arena.leaderboards.boards import register_boards
from arena.voters.models import Voter
from tests.arena_settings import ChangeSettings
from tests.factories import Registered

ANSWER = (
    "The light of the sun is scattered by the air of the sky. "
    "Of its colours the blue ones are scattered far more than the red ones.\n\n"
    "- Day: blue light comes from everywhere\n- Dusk: red light comes straight\n\nThat is all of it"
)

OpenGold = Callable[..., Battle]


def opener(contestant: Registered, voter: Voter, arena_settings: ChangeSettings) -> OpenGold:
    """Opens a gold question of a kind. Its answers repeat the prompt."""
    arena_settings(running_battles_per_voter=1000, gold_one_in=1)
    register_boards()
    for slug in ("left", "right"):
        says = f"Says {slug}!"
        StyleProfile.objects.create(
            contestant=contestant(slug, "echo"), language="en", opening=says, openings=[says]
        )

    def make(kind: GoldBattle.Kind, prompt: str = ANSWER) -> Battle:
        while True:
            battle = open_battle(voter, prompt)
            if battle.gold.kind == kind:
                return battle

    return make


def write_answers(battle: Battle) -> None:
    for answer in Answer.objects.filter(turn__battle=battle, state=Answer.State.PENDING):
        generate(answer.pk)
    Battle.objects.filter(pk=battle.pk, state="open").update(shown_at=F("finished_at"))


@contextmanager
def being_written(battles: list[Battle]) -> Iterator[None]:
    """All answers of these battles have begun, and don't end before the block is left."""
    Endpoint.objects.update(model_id="echo-and-hang")

    def work(answer_id: int) -> None:
        try:
            generate(answer_id)
        finally:
            connection.close()

    answers = Answer.objects.filter(turn__battle__in=battles, state=Answer.State.PENDING)
    workers = [threading.Thread(target=work, args=[answer.pk]) for answer in answers]
    for worker in workers:
        worker.start()
    for battle in battles:
        while len({entry.side for entry in read_streams(battle.pk)[1] if entry.text}) < 2:
            time.sleep(0.01)
    yield
    for worker in workers:
        worker.join()
    Endpoint.objects.update(model_id="echo")
