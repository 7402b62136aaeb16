"""Production. Refuses to start with an unsafe value and names every one it finds."""

from urllib.parse import urlsplit

from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured

from arena.settings.base import *
from arena.settings.base import caches, celery_broker, channel_layers, database, env
from ratings.proof import BadKey, Signer

SECRET_KEY = env.str("SECRET_KEY", default="")
ARENA_ENCRYPTION_KEYS = env.list("ARENA_ENCRYPTION_KEYS", default=[])
ARENA_SIGNING_KEYS = env.list("ARENA_SIGNING_KEYS", default=[])
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])
CSRF_TRUSTED_ORIGINS = env.list("CSRF_TRUSTED_ORIGINS", default=[])
DATABASE_URL = env.str("DATABASE_URL", default="")
REDIS_URL = env.str("REDIS_URL", default="")
EMAIL_URL = env.str("EMAIL_URL", default="")


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
    if not ARENA_ENCRYPTION_KEYS:
        problems.append("ARENA_ENCRYPTION_KEYS must hold at least one Fernet key")
    if not EMAIL_URL.startswith(("smtp://", "smtps://", "smtp+tls://", "smtp+ssl://")):
        problems.append("EMAIL_URL must be an smtp+tls://user:password@host:587 address")
    for key in ARENA_ENCRYPTION_KEYS:
        try:
            Fernet(key)
        except ValueError:
            problems.append("ARENA_ENCRYPTION_KEYS holds a value that is not a Fernet key")
            break
    if not ARENA_SIGNING_KEYS:
        problems.append("ARENA_SIGNING_KEYS must hold at least one Ed25519 key")
    for key in ARENA_SIGNING_KEYS:
        try:
            Signer.from_text(key)
        except BadKey:
            problems.append("ARENA_SIGNING_KEYS holds a value that is not 32 bytes in base64")
            break
    return problems


if problems := unsafe_values():
    raise ImproperlyConfigured("Unsafe settings:\n- " + "\n- ".join(problems))

DATABASES = {"default": database(DATABASE_URL, pool_size=env.int("DATABASE_POOL", default=20))}
CELERY_BROKER_URL = celery_broker(REDIS_URL)
CHANNEL_LAYERS = channel_layers(REDIS_URL)
CACHES = caches(REDIS_URL)

globals().update(env.email_url("EMAIL_URL"))
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SECURE_HSTS_SECONDS = env.int("SECURE_HSTS_SECONDS", default=31_536_000)
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SILENCED_SYSTEM_CHECKS = ["security.W021"]  # to be preloaded by browsers is hard to take back
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
ARENA_COOKIE_SECURE = True
