"""An attacker who has recorded sockets, with the sides' names, and learns whose side is whose.

Two endpoints say the same things, one after a tenth of the time and seven times as fast as the
other. Two classifiers are trained on the times and sizes of the frames.
"""

import asyncio
import random
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from asgiref.sync import sync_to_async
from django.conf import settings
from django.db import connection
from django.test import override_settings
from sklearn.ensemble import GradientBoostingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from arena.battles.generation.worker import generate
from arena.battles.models import Answer, Battle
from arena.contestants.models import Contestant
from tests.battles.sockets import Browser
from tests.factories import NewBattle, make_battles, registering_at
from tests.openai_server import OpenAIServer
from tests.text.tables import Table

AT_ONCE = 25  # battles: with many more, waiting for this process hides what the endpoints do
FEWER_AT_ONCE = (AT_ONCE, 8, 3)  # for a busy machine, where that many wait for it already
LEARNT = 100  # battles, before the first guess and between two trainings
PACED = {  # with times as short as the endpoints'
    "ARENA": settings.ARENA.changed(paced=True, pace_lead_seconds=0.15, pace_chars_per_second=1000)
}
BATTLES_PACED = 800
BATTLES_UNPACED = 150


@dataclass
class Recording:
    """One socket: when each frame came (seconds) and what it held."""

    fast_is_a: bool
    frames: list[tuple[float, str, str]]
    opened: float

    def features(self) -> list[float]:
        a = self._side((at, text) for at, text, _ in self.frames if text)
        b = self._side((at, text) for at, _, text in self.frames if text)
        differences = [left - right for left, right in zip(a, b, strict=True)]
        return [*a, *b, *differences, self.opened, float(len(self.frames))]

    def _side(self, frames: Iterable[tuple[float, str]]) -> list[float]:
        received = list(frames)
        times = np.array([at for at, _ in received])
        sizes = np.array([len(text) for _, text in received])
        gaps = np.diff(times) if len(times) > 1 else np.zeros(1)
        duration = max(times[-1] - times[0], 1e-3)
        return [
            times[0],
            times[-1],
            self.opened - times[-1],
            *(gaps.mean(), gaps.std(), gaps.max()),
            *(sizes[0], sizes[-1], sizes.mean(), sizes.std(), sizes.max(), sizes.sum()),
            sizes.sum() / duration,
            sizes[: len(sizes) // 2].sum() / duration,
            float(np.mean([text.endswith(" ") for _, text in received])),  # the ends of tokens
        ]


async def recorded(
    fast: Contestant, slow: Contestant, number: int, *, at_once: int = AT_ONCE
) -> list[Recording]:
    """The sockets of that many battles, a fair coin saying who is A."""
    battles = await made_battles(fast, slow, number)
    answers: dict[object, list[int]] = {}
    asked = Answer.objects.filter(turn__battle__in=battles)
    async for battle_id, answer_id in asked.values_list("turn__battle", "pk"):
        answers.setdefault(battle_id, []).append(answer_id)
    gate = asyncio.Semaphore(at_once)
    with ThreadPoolExecutor(2 * at_once) as workers:

        async def one(battle: Battle) -> Recording:
            async with gate:
                return await record(battle, fast, answers[battle.pk], workers)

        return await asyncio.gather(*map(one, battles))


@sync_to_async
def made_battles(fast: Contestant, slow: Contestant, number: int) -> list[Battle]:
    # Each of a voter of its own, who may hold only so many sockets at once.
    pairs = [random.sample([fast, slow], 2) for _ in range(number)]
    return make_battles(NewBattle(a, b, prompts=["Go."]) for a, b in pairs)


async def record(
    battle: Battle, fast: Contestant, answers: list[int], workers: ThreadPoolExecutor
) -> Recording:
    def write(answer_id: int) -> None:
        try:
            generate(answer_id)
        finally:
            connection.close()

    loop = asyncio.get_running_loop()
    frames = []
    async with Browser(battle) as browser:
        started = time.monotonic()
        writing = [loop.run_in_executor(workers, write, answer) for answer in answers]
        while (frame := await browser.next())["type"] != "open":
            if frame["type"] in {"snapshot", "text"}:
                frames.append((time.monotonic() - started, frame.get("a", ""), frame.get("b", "")))
        opened = time.monotonic() - started
        await asyncio.gather(*writing)
    return Recording(battle.contestant_a_id == fast.pk, frames, opened)


def accuracies(recordings: Sequence[Recording]) -> dict[str, float]:
    """How often each classifier is right on battles that come after those it has learnt from.

    After every `LEARNT` battles it learns from all before them, and guesses the next ones
    (progressive validation: Blum, Kalai and Langford 1999, "Beating the hold-out"). If the sockets
    tell nothing, each guess is right as a fair coin falls, whatever the guesses before it were: the
    number of right ones is binomial. Cross-validation has up to twice its variance, for each battle
    is judged by models that learnt from one another's.
    """
    features: npt.NDArray[np.float64] = np.array([r.features() for r in recordings])
    labels = np.array([r.fast_is_a for r in recordings])
    models = {
        "logistic regression": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
        "gradient boosting": GradientBoostingClassifier(
            n_estimators=60, max_features=0.3, random_state=0
        ),
    }
    found = {}
    for name, model in models.items():
        right = 0
        for known in range(LEARNT, len(labels), LEARNT):
            new = slice(known, known + LEARNT)
            model.fit(features[:known], labels[:known])
            right += int((model.predict(features[new]) == labels[new]).sum())
        found[name] = right / (len(labels) - LEARNT)
    return found


def pacing_table() -> Table:
    """How often each classifier is right, with the pace and without it."""
    with OpenAIServer() as server:
        contestant = registering_at(server)
        pair = contestant("fast", "babble-fast"), contestant("slow", "babble-slow")
        with override_settings(**PACED):
            paced = accuracies(asyncio.run(recorded(*pair, BATTLES_PACED)))
        unpaced = accuracies(asyncio.run(recorded(*pair, BATTLES_UNPACED)))
    title = (
        "Pacing: whose side is the faster endpoint's, guessed from the times and sizes of frames; "
        f"{BATTLES_PACED - LEARNT} battles with the pace, {BATTLES_UNPACED - LEARNT} without"
    )
    rows = [[name, f"{paced[name]:.3f}", f"{unpaced[name]:.3f}"] for name in paced]
    return title, ("accuracy", "paced", "unpaced"), rows
