"""Logs: one line an event, to standard error."""

from arena.settings.parts.environment import LOADED

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["stderr"], "level": LOADED.deployment.log_level},
    # Three lines for each of 60,000 periodic tasks a day hide what matters. Failures are logged.
    "loggers": {
        name: {"level": "WARNING"}
        for name in ("celery.beat", "celery.worker.strategy", "celery.app.trace", "httpx")
    },
}
