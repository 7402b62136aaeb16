"""Django itself: applications, middleware, templates, languages, static files, uploads."""

from pathlib import Path
from typing import Any

import django_stubs_ext

from arena.settings.parts.connections import image_storage
from arena.settings.parts.environment import ARENA, BASE_DIR, LOADED

django_stubs_ext.monkeypatch()  # lets classes such as ModelAdmin[Contestant] exist at run time

DEBUG = False

INSTALLED_APPS = [
    "arena.voters.accounts.admin_app.GuardedAdminConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "channels",
    "csp",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "pgtrigger",
    "rest_framework",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "arena.processes",
    "arena.jobs",
    "arena.contestants",
    "arena.voters",
    "arena.leaderboards",
    "arena.battles",
    "arena.integrity",
    "arena.moderation",
    "arena.exports",
    "arena.backup",
    "arena.api",
    "arena.pages",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "arena.edge.middleware.BoundedInput",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
]

ROOT_URLCONF = "arena.urls"
ASGI_APPLICATION = "arena.asgi.application"
AUTH_USER_MODEL = "voters.Member"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English")]
LOCALE_PATHS = [BASE_DIR / "frontend" / "locale"]
TIME_ZONE = "UTC"
USE_TZ = True

STATIC_URL = "/static/"
STATIC_ROOT = Path(LOADED.deployment.static_root or BASE_DIR / "static")
STATICFILES_DIRS = [BASE_DIR / "frontend" / "static"]

STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "arena.pages.storage.ModuleManifestStorage"},
    "images": image_storage(ARENA.images),
}
# Uploads stay in memory: `arena.edge.bodies` bounds how large they are and how many at a time.
FILE_UPLOAD_HANDLERS = ["django.core.files.uploadhandler.MemoryFileUploadHandler"]
FILE_UPLOAD_MAX_MEMORY_SIZE = ARENA.max_upload_bytes
