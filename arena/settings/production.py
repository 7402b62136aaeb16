"""Production. Refuses to start with an unsafe value and names every one it finds."""

import environ
from whitenoise.compress import Compressor

from arena.settings.schema.loading import load

SAFE = load(production=True)  # before base, which refuses less

# isort: split
from arena.settings.base import *  # noqa: E402

ARENA = SAFE.arena
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "arena.pages.storage.CompressedModuleManifestStorage"},
}
# Source maps are not compressed: the image is built without them.
WHITENOISE_SKIP_COMPRESS_EXTENSIONS = (*Compressor.SKIP_COMPRESS_EXTENSIONS, "map")
SECRET_KEY = SAFE.deployment.secret_key
ALLOWED_HOSTS = list(SAFE.deployment.allowed_hosts)
CSRF_TRUSTED_ORIGINS = list(SAFE.deployment.csrf_trusted_origins)

DATABASE_PLAN = SAFE.processes  # by default as docker/compose.yaml has them
DATABASES = {
    "default": database(
        SAFE.deployment.database_url, pool_size=SAFE.pool_size, process=ARENA.process
    )
}
REDIS_URL = SAFE.deployment.redis_url
CELERY_BROKER_URL = celery_broker(REDIS_URL)
CHANNEL_LAYERS = channel_layers(REDIS_URL)
CACHES = caches(REDIS_URL)

globals().update(environ.Env.email_url_config(SAFE.deployment.email_url))
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https"

SECURE_SSL_REDIRECT = SAFE.deployment.secure_ssl_redirect
SECURE_REDIRECT_EXEMPT = [r"^health$"]
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How long browsers refuse plain http after a visit. It cannot be taken back, so it is an hour at
# first, and for this host only. See docs/operating.md.
SECURE_HSTS_SECONDS = SAFE.deployment.secure_hsts_seconds
SECURE_HSTS_INCLUDE_SUBDOMAINS = SAFE.deployment.secure_hsts_include_subdomains
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]  # the operator's to choose
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
