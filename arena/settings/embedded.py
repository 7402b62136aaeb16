"""The embedded default: what `make run` starts. Its launcher sets the variables read here."""

from arena.processes.plan import pool_of
from arena.settings.base import *
from arena.settings.base import (
    caches,
    celery_broker,
    channel_layers,
    connection_plan,
    database,
    env,
    image_storage,
)

SECRET_KEY = env.str("SECRET_KEY")
ARENA_ENCRYPTION_KEYS = env.list("ARENA_ENCRYPTION_KEYS")
ARENA_SIGNING_KEYS = env.list("ARENA_SIGNING_KEYS")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=["localhost", "127.0.0.1", "[::1]"])

INSTALLED_APPS = [*INSTALLED_APPS, "arena.embedded"]

DATABASE_PLAN = connection_plan("web=1*12 generation=1*12 ratings=2*6 beat=1*1 command=2*6")
POOL = pool_of(DATABASE_PLAN, ARENA_PROCESS)
DATABASES = {"default": database(env.str("DATABASE_URL"), pool_size=POOL)}
REDIS_URL = env.str("REDIS_URL")
CELERY_BROKER_URL = celery_broker(REDIS_URL)
CHANNEL_LAYERS = channel_layers(REDIS_URL)
CACHES = caches(REDIS_URL)

DATA = env.str("ARENA_DATA", default="data")
ARENA_EXPORTS = env.str("ARENA_EXPORTS", default=f"{DATA}/exports")
STORAGES = {
    **STORAGES,
    "images": image_storage(env.str("ARENA_IMAGES", default=f"{DATA}/images")),
}

# Mails become files, where no mail server is given.
globals().update(env.email_url("EMAIL_URL", default=f"filemail:///{DATA}/mail"))
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # http://localhost
