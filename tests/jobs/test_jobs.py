"""A periodic job is never missed for good, and never runs twice at once."""

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from celery import current_app, shared_task
from celery.schedules import crontab
from django.core.management import call_command
from django.db import connection
from django.utils import timezone
from pytest_django import Settings

from arena.jobs import services, tasks
from arena.jobs.models import Job
from tests.speed import wait_until

MONDAY = datetime(2026, 11, 30, 0, 15, tzinfo=UTC)
WEEKLY, HOURLY = "weekly", "hourly"
calls: list[dict[str, Any]] = []
holding = threading.Event()
fail = threading.Event()


@shared_task(name="tests.jobs.work")
def work(**kwargs: Any) -> None:
    calls.append(kwargs)
    if fail.is_set():
        raise RuntimeError("out of luck")


@pytest.fixture(autouse=True)
def _jobs(settings: Settings, transactional_db: None) -> Iterator[None]:
    settings.PERIODIC_JOBS = {
        WEEKLY: {
            "task": "tests.jobs.work",
            "every": crontab(day_of_week="monday", hour=0, minute=15),
            "kwargs": {"week": True},
        },
        HOURLY: {"task": "tests.jobs.work", "every": timedelta(hours=1)},
    }
    calls.clear()
    fail.clear()
    yield


def due(now: datetime) -> set[str]:
    return {claim.name for claim in services.claim_due(now)}


def done(name: str, at: datetime) -> None:
    Job.objects.update_or_create(
        name=name, defaults={"known_since": at, "done_for": at, "done_at": at}
    )


def test_a_new_job_is_due_at_its_next_time() -> None:
    sunday = MONDAY - timedelta(hours=2)
    assert due(sunday) == set()
    assert due(sunday + timedelta(minutes=59)) == set()
    assert due(sunday + timedelta(minutes=61)) == {HOURLY}
    assert due(MONDAY) == {WEEKLY, HOURLY}  # nobody has run the first since


@pytest.mark.parametrize("away", [timedelta(hours=1), timedelta(days=6), timedelta(days=40)])
def test_a_job_missed_while_the_site_was_down_runs_once(away: timedelta) -> None:
    for name in (WEEKLY, HOURLY):
        done(name, MONDAY - timedelta(minutes=1))
    back = MONDAY + away
    assert due(back) == {WEEKLY, HOURLY}
    for name in (WEEKLY, HOURLY):
        assert services.run(services.Claim(name, back))
    assert len(calls) == 2
    assert due(timezone.now() + services.LEASE) <= {HOURLY}


def test_one_claim_runs_once_however_often_its_message_comes() -> None:
    done(WEEKLY, MONDAY - timedelta(days=1))
    (claim,) = (claim for claim in services.claim_due(MONDAY) if claim.name == WEEKLY)
    assert [services.run(claim) for _ in range(3)] == [True, False, False]
    assert calls == [{"week": True}]
    assert WEEKLY not in due(MONDAY + timedelta(days=6))
    assert WEEKLY in due(MONDAY + timedelta(days=7))


def test_two_beats_claim_a_job_once() -> None:
    done(WEEKLY, MONDAY - timedelta(days=1))
    found: list[set[str]] = []

    def claim() -> None:
        try:
            found.append(due(MONDAY))
        finally:
            connection.close()

    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sum(WEEKLY in names for names in found) == 1


def test_a_job_runs_again_after_a_lost_message_or_a_killed_worker() -> None:
    done(WEEKLY, MONDAY - timedelta(days=1))
    (lost,) = services.claim_due(MONDAY)[:1]
    assert WEEKLY not in due(MONDAY + services.LEASE - timedelta(seconds=1))
    assert WEEKLY in due(MONDAY + services.LEASE)
    assert not services.run(lost)  # it came after all, too late
    # A worker took it up and was killed: nothing extends its lease.
    Job.objects.filter(name=WEEKLY).update(started_at=MONDAY)
    assert WEEKLY in due(MONDAY + 3 * services.LEASE)


def test_a_run_that_takes_longer_than_a_lease_is_not_doubled(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(services, "EXTEND_SECONDS", 0.05)
    now = timezone.now()
    done(WEEKLY, now - timedelta(days=30))
    (claim,) = (claim for claim in services.claim_due(now) if claim.name == WEEKLY)
    claimed_meanwhile: list[str] = []

    def slow(**_kwargs: Any) -> None:
        job = Job.objects.get(name=WEEKLY)
        first = job.leased_until
        assert first is not None
        wait_until(lambda: Job.objects.filter(pk=job.pk, leased_until__gt=first).exists())
        claimed_meanwhile.extend(due(first) & {WEEKLY})

    monkeypatch.setitem(current_app.tasks, "tests.jobs.work", slow)
    assert services.run(claim)
    assert claimed_meanwhile == []


def test_a_run_that_fails_is_tried_again_after_a_while() -> None:
    now = timezone.now()
    done(WEEKLY, now - timedelta(days=30))
    fail.set()
    (claim,) = (claim for claim in services.claim_due(now) if claim.name == WEEKLY)
    with pytest.raises(RuntimeError):
        services.run(claim)
    assert WEEKLY not in due(timezone.now() + services.LEASE)
    assert WEEKLY in due(timezone.now() + services.RETRY)


def test_due_jobs_go_to_the_queue_of_their_task(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent = []
    monkeypatch.setattr(tasks.run, "apply_async", lambda args, **options: sent.append(options))
    settings.PERIODIC_JOBS = {
        "one": {"task": "arena.integrity.tasks.hold_rings", "every": timedelta(hours=1)},
        "two": {"task": "arena.exports.tasks.publish_export", "every": timedelta(hours=1)},
    }
    for name in settings.PERIODIC_JOBS:
        done(name, MONDAY)
    tasks.start_due()
    assert sorted(options["queue"] for options in sent) == ["integrity", "ratings"]
    assert {options["expires"] for options in sent} == {services.LEASE.total_seconds()}


def test_every_job_of_the_site_names_a_task(settings: Settings) -> None:
    from arena.settings import base

    current_app.loader.import_default_modules()
    assert {entry["task"] for entry in base.PERIODIC_JOBS.values()} <= set(current_app.tasks)
    assert all(entry["schedule"] <= 600 for entry in base.CELERY_BEAT_SCHEDULE.values())


def test_an_operator_sees_what_ran_and_what_is_due() -> None:
    done(HOURLY, timezone.now())
    done(WEEKLY, datetime(2026, 1, 5, 0, 15, tzinfo=UTC))
    out = StringIO()
    call_command("jobs", stdout=out)
    weekly, hourly = out.getvalue().splitlines()
    assert weekly == "weekly: ran last 2026-01-05 00:15, was due 2026-01-12 00:15 (UTC)"
    assert hourly.startswith("hourly: ran last ") and "is due" in hourly
