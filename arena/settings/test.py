"""The test suite: real PostgreSQL and Redis, started by tests/conftest.py or given by variables."""

from arena.settings.base import *

SECRET_KEY = "only-for-tests"  # noqa: S105
ALLOWED_HOSTS = ["localhost", "127.0.0.1", "testserver"]

# As the tests' own variables say, which tests/servers.py sets.
ARENA = ARENA.changed(
    encryption_keys="dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    signing_keys="dGVzdHMtb25seS10ZXN0cy1vbmx5LXRlc3RzLW9ubHk=",
    # Short enough that a test of a hanging endpoint is quick.
    connect_seconds=1,
    first_sign_seconds=3,
    first_token_seconds=3,
    between_tokens_seconds=2,
    answer_seconds=20,
    slot_seconds=3,
    paced=False,  # text as it arrives: tests of the pace turn it on
    consent_version="",  # nothing to agree to: tests of the consent set a version
)

INSTALLED_APPS = [*INSTALLED_APPS, "arena.embedded"]

DATABASES = {
    "default": database(
        LOADED.deployment.database_url or "postgresql:///arena",
        pool_size=12,
        process=ARENA.process,
    )
}
REDIS_URL = LOADED.deployment.redis_url or "redis://127.0.0.1:6379/0"
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
