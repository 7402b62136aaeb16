"""The task queue while a simulated site is built: there is no worker, so nothing is enqueued."""

from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

from celery import Task


@contextmanager
def nothing_enqueued() -> Iterator[None]:
    """Let every request of a task pass. The builder does at the end of a day what they are for."""
    with patch.object(Task, "apply_async", return_value=None):
        yield
