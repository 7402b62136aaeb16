"""`make dev`: the embedded site, with reload of what is saved and a debug toolbar."""

import sys

from arena.settings.embedded import *

# The debug toolbar would look for PostGIS, by a dozen programs at each start. There is none.
sys.modules["django.contrib.gis.db.backends.postgis.adapter"] = None  # type: ignore[assignment]

DEBUG = True
ROOT_URLCONF = "arena.workbench.urls"
INTERNAL_IPS = ["127.0.0.1", "::1"]

INSTALLED_APPS = [
    "daphne",  # its runserver serves sockets and reloads
    *INSTALLED_APPS,
    "arena.workbench",
    "debug_toolbar",
    "django_browser_reload",
]
MIDDLEWARE = [
    "debug_toolbar.middleware.DebugToolbarMiddleware",
    *(name for name in MIDDLEWARE if not name.startswith("whitenoise.")),
    "django_browser_reload.middleware.BrowserReloadMiddleware",
]

# Templates are read and static files are served as they lie in the folder.
TEMPLATES[0]["APP_DIRS"] = False
TEMPLATES[0]["OPTIONS"] = {
    **TEMPLATES[0]["OPTIONS"],
    "loaders": [
        "django.template.loaders.filesystem.Loader",
        "django.template.loaders.app_directories.Loader",
    ],
}
STORAGES = {
    **STORAGES,
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
DEBUG_TOOLBAR_CONFIG = {"SHOW_COLLAPSED": True}
