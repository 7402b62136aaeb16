"""Jobs that run every few minutes, hours or days; see arena.jobs."""

from datetime import timedelta
from typing import Any

from celery.schedules import crontab

# The database records when each job last ran, so a run that was missed while the site was down
# takes place later; see arena.jobs. `every` is a crontab in UTC, or the time between two runs.
PERIODIC_JOBS: dict[str, dict[str, Any]] = {
    "fit the style profiles of contestants, for decoys": {
        "task": "arena.battles.tasks.fit_style_profiles",
        "every": crontab(hour=2, minute=40),
    },
    "look for voters who act together": {
        "task": "arena.integrity.tasks.hold_rings",
        "every": timedelta(hours=1),
    },
    "compute how much recent votes weigh": {
        "task": "arena.integrity.tasks.bound_influence",
        "every": timedelta(minutes=10),
    },
    "simulate voters for the quality check of moderators": {
        "task": "arena.moderation.tasks.simulate",
        "every": timedelta(hours=1),
    },
    "remove sessions that have run out": {
        "task": "arena.voters.tasks.clear_sessions",
        "every": crontab(hour=4, minute=10),
    },
    "replay all evidence": {
        "task": "arena.integrity.tasks.replay_evidence",
        "every": crontab(hour=3, minute=30),
    },
    "publish the overall board": {
        "task": "arena.leaderboards.tasks.publish_snapshots",
        "every": timedelta(hours=1),
        "kwargs": {"overall_only": True},
    },
    "publish all votes with their boards": {
        "task": "arena.exports.tasks.publish_export",
        "every": crontab(day_of_week="monday", hour=0, minute=15),
    },
    "publish every board": {
        "task": "arena.leaderboards.tasks.publish_snapshots",
        "every": crontab(hour=0, minute=5),
    },
}
