"""Celery: queues, the broker, and the tasks that its clock sends every few seconds or minutes."""

from typing import Any

CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "ratings"
CELERY_TASK_ROUTES = {
    "arena.battles.tasks.generate_answer": {"queue": "generation"},
    # Tasks that must not wait for a long refit or export: any free worker takes them.
    "arena.battles.tasks.recover_battles": {"queue": "recovery"},
    "arena.contestants.tasks.probe_endpoints": {"queue": "recovery"},
    "arena.contestants.tasks.probe_endpoint": {"queue": "generation"},
    "arena.jobs.tasks.start_due": {"queue": "recovery"},
    "arena.integrity.tasks.*": {"queue": "integrity"},
    "arena.moderation.tasks.*": {"queue": "integrity"},
}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
# For health checks: each worker has its own queue, and beat answers while its clock ticks.
CELERY_WORKER_DIRECT = True
CELERY_BEAT_ENABLE_REMOTE_CONTROL = True
CELERY_BEAT_REMOTE_CONTROL_MAX_TICK_AGE = 60
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Longer than the longest call. Lost work comes back much sooner, by `recover_battles`.
    "visibility_timeout": 3600,
    "socket_timeout": 15,
    "socket_connect_timeout": 3,
}
# A visitor's request must not wait for a dead broker: beat recovers what was not enqueued.
CELERY_TASK_PUBLISH_RETRY_POLICY = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}
CELERY_BEAT_SCHEDULE: dict[str, dict[str, Any]] = {
    "recover battles whose worker died": {
        "task": "arena.battles.tasks.recover_battles",
        "schedule": 5.0,
        "options": {"expires": 5},
    },
    "probe endpoints that are down": {
        "task": "arena.contestants.tasks.probe_endpoints",
        "schedule": 2.0,
        "options": {"expires": 2},
    },
    "move the votes of guests merged into a member": {
        "task": "arena.battles.tasks.gather_clusters",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "settle calls of killed workers": {
        "task": "arena.contestants.tasks.tidy_calls",
        "schedule": 600.0,
        "options": {"expires": 600},
    },
    "weigh votes whose check was lost": {
        "task": "arena.integrity.tasks.weigh_missed_votes",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "open cases and do decisions whose task was lost": {
        "task": "arena.moderation.tasks.sweep",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "recompute how urgent the moderators' cases are": {
        "task": "arena.moderation.tasks.weigh",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "refit boards whose refit was lost": {
        "task": "arena.leaderboards.tasks.refit_boards",
        "schedule": 60.0,
        "options": {"expires": 60},
    },
    "start the jobs that are due": {
        "task": "arena.jobs.tasks.start_due",
        "schedule": 30.0,
        "options": {"expires": 30},
    },
}
