"""Decide which jobs are due, and run them once each."""

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from celery import current_app
from celery.schedules import crontab
from django.conf import settings
from django.db import Error, connection, transaction
from django.db.models import F
from django.utils import timezone

from arena.jobs.models import Job

logger = logging.getLogger(__name__)

LEASE = timedelta(minutes=5)  # from the claim to the start, and from one sign of life to the next
EXTEND_SECONDS = LEASE.total_seconds() / 5
RETRY = timedelta(minutes=15)  # after a run that failed


class Schedule(NamedTuple):
    """One entry of the setting PERIODIC_JOBS."""

    task: str
    every: crontab | timedelta
    kwargs: dict[str, Any]

    def next_after(self, moment: datetime) -> datetime:
        """The first time after a moment at which the job is due."""
        if isinstance(self.every, timedelta):
            return moment + self.every
        last, delta, _ = self.every.remaining_delta(moment)
        due: datetime = last + delta
        return due


class Claim(NamedTuple):
    """A claimed run, which is to be sent to a worker."""

    name: str
    claimed_at: datetime


class State(NamedTuple):
    """A job as `manage.py jobs` shows it."""

    name: str
    done_at: datetime | None
    due_at: datetime
    running_since: datetime | None


def schedules() -> dict[str, Schedule]:
    """The site's periodic jobs by name."""
    return {
        name: Schedule(entry["task"], entry["every"], entry.get("kwargs", {}))
        for name, entry in settings.PERIODIC_JOBS.items()
    }


def claim_due(now: datetime) -> list[Claim]:
    """Claim every job that is due and that nobody runs.

    A job that was missed several times is due once. A new job is due at its next time.
    """
    known = schedules()
    Job.objects.bulk_create(
        [Job(name=name, known_since=now) for name in known], ignore_conflicts=True
    )
    claims = []
    with transaction.atomic():
        for job in Job.objects.select_for_update(skip_locked=True).filter(name__in=known):
            due = known[job.name].next_after(job.done_for or job.known_since)
            if due > now or (job.leased_until is not None and job.leased_until > now):
                continue
            job.claimed_at, job.started_at, job.leased_until = now, None, now + LEASE
            job.save(update_fields=["claimed_at", "started_at", "leased_until"])
            claims.append(Claim(job.name, now))
    return claims


def run(claim: Claim) -> bool:
    """Run a claimed job; returns whether it ran.

    It does nothing if another worker started the run, or claimed it again since.

    Raises:
        Exception: what the job raises. It is due again after a while.
    """
    ours = Job.objects.filter(name=claim.name, claimed_at=claim.claimed_at)
    now = timezone.now()
    if not ours.filter(started_at=None).update(started_at=now, leased_until=now + LEASE):
        return False
    schedule = schedules()[claim.name]
    try:
        with _extended(claim):
            current_app.tasks[schedule.task](**schedule.kwargs)
    except Exception:
        ours.update(leased_until=timezone.now() + RETRY)
        raise
    now = timezone.now()
    ours.update(done_for=F("claimed_at"), done_at=now, leased_until=now)
    return True


@contextmanager
def _extended(claim: Claim) -> Iterator[None]:
    """Extend the lease of a run as long as the block runs."""
    ended = threading.Event()

    def extend() -> None:
        while not ended.wait(EXTEND_SECONDS):
            try:
                Job.objects.filter(name=claim.name, claimed_at=claim.claimed_at).update(
                    leased_until=timezone.now() + LEASE
                )
            except Error:
                logger.exception("The lease of %s could not be extended.", claim.name)
            finally:
                connection.close()

    thread = threading.Thread(target=extend, name=f"lease of {claim.name}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def states(now: datetime) -> list[State]:
    """Every job, with its last run and its next one."""
    jobs = {job.name: job for job in Job.objects.all()}
    found = []
    for name, schedule in schedules().items():
        job = jobs.get(name, Job(name=name, known_since=now))
        is_running = (
            job.claimed_at != job.done_for
            and job.leased_until is not None
            and job.leased_until > now
        )
        found.append(
            State(
                name,
                job.done_at,
                schedule.next_after(job.done_for or job.known_since),
                job.started_at if is_running else None,
            )
        )
    return found
