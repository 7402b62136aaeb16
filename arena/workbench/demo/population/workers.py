"""Several processes that play the battles of the simulated site in parallel."""

import gc
import os
import pickle
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from types import TracebackType
from typing import TYPE_CHECKING, Self

from arena.workbench.demo.queue import nothing_enqueued

if TYPE_CHECKING:
    from arena.workbench.demo.life import Event, Life

_life: "Life | None" = None


def _begin(packed: bytes) -> None:
    """Set Django up in a new process, before anything of the crowd is unpacked."""
    global _life  # noqa: PLW0603 - one for each process
    import django  # noqa: PLC0415 - likewise

    django.setup()
    from django.db import connection  # noqa: PLC0415 - likewise

    # The same statements come by the hundred thousand: PostgreSQL plans each only once.
    connection.settings_dict["OPTIONS"] |= {"server_side_binding": True, "prepare_threshold": 2}
    from arena.workbench.demo.life import Life  # noqa: PLC0415 - needs Django

    players, crowd, seed = pickle.loads(packed)  # noqa: S301 - of our own process
    _life = Life(players, crowd, seed)
    gc.freeze()  # modules need no looking through at every collection
    gc.set_threshold(50_000, 20, 50)


def _live(events: "list[Event]") -> None:
    if _life is None:
        raise RuntimeError("This process was not begun.")
    with nothing_enqueued():
        _life.live(events)


class Crew:
    """One process for each core. All battles of a voter are played in the same one, in order."""

    def __init__(self, seed: int, processes: int = 0) -> None:
        self._seed = seed
        self._processes = processes or os.cpu_count() or 1
        self._executors: list[ProcessPoolExecutor] = []

    def begin(self, players: object, crowd: object) -> Self:
        """Start the processes, which know these players and this crowd."""
        self._executors = [
            ProcessPoolExecutor(
                1,
                mp_context=get_context("spawn"),
                initializer=_begin,
                initargs=(pickle.dumps((players, crowd, self._seed + number)),),
            )
            for number in range(self._processes)
        ]
        return self

    def live(self, events: "list[Event]") -> None:
        """Play the battles of a day, and wait until they are done."""
        count = len(self._executors)
        days = [
            executor.submit(_live, [event for event in events if event[1] % count == number])
            for number, executor in enumerate(self._executors)
        ]
        for day in days:
            day.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for executor in self._executors:
            executor.shutdown(cancel_futures=True)
