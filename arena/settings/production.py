"""Production. Refuses to start with an unsafe value and names every one it finds."""

from collections.abc import Callable
from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured
from whitenoise.compress import Compressor

from arena.processes.plan import pool_of
from arena.settings.base import *
from arena.settings.base import (
    caches,
    celery_broker,
    channel_layers,
    connection_plan,
    database,
    env,
)
from ratings.proof import Signer

STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "arena.pages.storage.CompressedModuleManifestStorage"},
}
# Source maps are not compressed: the image is built without them.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
SECRET_KEY = env.str("SECRET_KEY", default="")
ARENA_ENCRYPTION_KEYS = env.list("ARENA_ENCRYPTION_KEYS", default=[])
ARENA_SIGNING_KEYS = env.list("ARENA_SIGNING_KEYS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
EMAIL_URL = env.str("EMAIL_URL", default="")


def key_problems(name: str, keys: list[str], kind: str, read: Callable[[str], object]) -> list[str]:
    """What is wrong with a list of keys, each of which `read` must take."""
    if not keys:
        return [f"{name} must hold at least one {kind} key"]
    try:
        for key in keys:
            read(key)
    except ValueError as error:
        return [f"{name} holds a value that is not a {kind} key: {error}"]
    return []


def unsafe_values() -> list[str]:
    """A sentence for every setting that production must not run with."""
    problems = []
    if env.bool("DEBUG", default=False):
        problems.append("DEBUG is on: unset it")
    if len(SECRET_KEY) < 50 or len(set(SECRET_KEY)) < 5 or SECRET_KEY.startswith("django-insecure"):
        problems.append("SECRET_KEY must be a random text of at least 50 characters")
    if not ALLOWED_HOSTS or any(host.startswith(("*", ".")) for host in ALLOWED_HOSTS):
        problems.append("ALLOWED_HOSTS must list the site's host names, without wildcards")
    if any(urlsplit(origin).scheme != "https" or "*" in origin for origin in CSRF_TRUSTED_ORIGINS):
        problems.append("CSRF_TRUSTED_ORIGINS must be https:// addresses, without wildcards")
    if not DATABASE_URL.startswith(("postgres://", "postgresql://")):
        problems.append("DATABASE_URL must be a postgresql:// address")
    if not REDIS_URL.startswith(("redis://", "rediss://", "unix://")):
        problems.append("REDIS_URL must be a redis:// or unix:// address")
    if not EMAIL_URL.startswith(("smtp://", "smtps://", "smtp+tls://", "smtp+ssl://")):
        problems.append("EMAIL_URL must be an smtp+tls://user:password@host:587 address")
    problems += key_problems("ARENA_ENCRYPTION_KEYS", ARENA_ENCRYPTION_KEYS, "Fernet", Fernet)
    problems += key_problems("ARENA_SIGNING_KEYS", ARENA_SIGNING_KEYS, "signing", Signer.from_text)
    return problems


if problems := unsafe_values():
    raise ImproperlyConfigured("Unsafe settings:\n- " + "\n- ".join(problems))

# As docker/compose.yaml has them: 77 of PostgreSQL's 100.
DATABASE_PLAN = connection_plan("web=2*2*10 generation=1*20 ratings=3*4 beat=1*1 command=1*4")
POOL = pool_of(DATABASE_PLAN, ARENA_PROCESS)
DATABASES = {"default": database(DATABASE_URL, pool_size=POOL)}
CELERY_BROKER_URL = celery_broker(REDIS_URL)
CHANNEL_LAYERS = channel_layers(REDIS_URL)
CACHES = caches(REDIS_URL)

globals().update(env.email_url("EMAIL_URL"))
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# Browsers refuse plain http for so long after a visit, and nothing takes that back: an hour at
# first, and for this host alone. See docs/operating.md.
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=3600)
SECURE_HSTS_INCLUDE_SUBDOMAINS = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # the operator's to choose
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
ARENA_COOKIE_SECURE = True
