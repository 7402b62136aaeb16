"""The task queue while a simulated site is built: there is no worker, so nothing is enqueued."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from celery import Celery


@contextmanager
def nothing_enqueued() -> Iterator[None]:
    """Drop every request of a task, by name or by object.

    The builder does their work at the end of each day.
    """
    with patch.object(Celery, "send_task", return_value=None):
        yield
