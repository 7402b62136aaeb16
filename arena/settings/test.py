"""The test suite: real PostgreSQL and Redis, started by tests/conftest.py or given by variables."""

from arena.settings.base import *
from arena.settings.base import caches, celery_broker, channel_layers, database, env

SECRET_KEY = "only-for-tests"  # noqa: S105
ARENA_ENCRYPTION_KEYS = ["dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="]
ARENA_SIGNING_KEYS = ["dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk="]
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]

INSTALLED_APPS = [*INSTALLED_APPS, "arena.embedded"]

DATABASES = {
    "default": database(env.str("DATABASE_URL", default="postgresql:///arena"), pool_size=12)
}
REDIS_URL = env.str("REDIS_URL", default="redis://127.0.0.1:6379/0")
CELERY_BROKER_URL = celery_broker(REDIS_URL)
CHANNEL_LAYERS = channel_layers(REDIS_URL)
CACHES = caches(REDIS_URL)

STORAGES = {
    **STORAGES,
    "images": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]

MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = True  # http://localhost

# Short enough that a test of a hanging endpoint is quick.
ARENA_CONNECT_SECONDS = 1.0
ARENA_FIRST_SIGN_SECONDS = 3.0
ARENA_FIRST_TOKEN_SECONDS = 3.0
ARENA_BETWEEN_TOKENS_SECONDS = 2.0
ARENA_ANSWER_SECONDS = 20.0
ARENA_SLOT_SECONDS = 3.0

# Text as it arrives: tests of the pace turn it on.
ARENA_PACED = False

# Nothing to agree to: tests of the consent set a version.
ARENA_CONSENT_VERSION = ""
