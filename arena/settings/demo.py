"""`make demo`: the embedded site, with the labels of a simulated one."""

from arena.settings.embedded import *
from arena.settings.embedded import env

# isort: split
from arena.settings.demo_labels import *

INSTALLED_APPS = [*INSTALLED_APPS, "arena.workbench"]

# Some of the few cases that wait are of the quality check.
ARENA_QUALITY_CHECK_SHARE = 0.4

# A build that is broken off is begun anew, so that no commit has to wait for the disk.
if env.bool("ARENA_BUILDING_DEMO", default=False):
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
