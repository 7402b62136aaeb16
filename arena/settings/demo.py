"""`make demo`: the embedded site, marked as simulated on every page."""

from arena.settings.embedded import *
from arena.settings.embedded import env

INSTALLED_APPS = [*INSTALLED_APPS, "arena.workbench"]

# Each page, and each export, says that it is simulated.
TEMPLATES[0]["DIRS"] = [BASE_DIR / "arena/workbench/demo/templates", *TEMPLATES[0]["DIRS"]]

# While the site is built no worker runs: what would be enqueued is done by the builder.
if env.bool("ARENA_BUILDING_DEMO", default=False):
    CELERY_BROKER_URL = "memory://"
