"""The site that `make run` starts. Its launcher sets the variables that are required here."""

import environ

from arena.settings.base import *
from arena.settings.schema.deployment import PLAN_OF_MAKE_RUN
from arena.settings.schema.loading import load

LOADED = load(
    required=(
        "SECRET_KEY",
        "ARENA_ENCRYPTION_KEYS",
        "ARENA_SIGNING_KEYS",
        "DATABASE_URL",
        "REDIS_URL",
    ),
    advice="`make run` sets them. Run a command of its site by: "
    ".venv/bin/python -m arena.embedded manage COMMAND",
    defaults={
        "ALLOWED_HOSTS": "localhost,127.0.0.1,[::1]",
        "DATABASE_PROCESSES": PLAN_OF_MAKE_RUN,
        # Mails become files, where no mail server is given.
        "EMAIL_URL": f"filemail:///{ARENA.data}/mail",
    },
)
SECRET_KEY = LOADED.deployment.secret_key
ALLOWED_HOSTS = list(LOADED.deployment.allowed_hosts)

INSTALLED_APPS = [*INSTALLED_APPS, "arena.embedded"]

DATABASE_PLAN = LOADED.processes
DATABASES = {
    "default": database(
        LOADED.deployment.database_url, pool_size=LOADED.pool_size, process=ARENA.process
    )
}
REDIS_URL = LOADED.deployment.redis_url
CELERY_BROKER_URL = celery_broker(REDIS_URL)
CHANNEL_LAYERS = channel_layers(REDIS_URL)
CACHES = caches(REDIS_URL)

globals().update(environ.Env.email_url_config(LOADED.deployment.email_url))
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # http://localhost
