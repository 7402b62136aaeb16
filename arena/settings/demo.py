"""`make demo`: the embedded site, with the labels of a simulated one."""

from arena.settings.embedded import *

# isort: split
from arena.settings.demo_labels import *

INSTALLED_APPS = [*INSTALLED_APPS, "arena.workbench"]

# Some of the few cases that wait are of the quality check.
ARENA = ARENA.changed(quality_check_share=0.4)

# A build that is interrupted starts from nothing, so no commit has to wait for the disk.
if ARENA.building_demo:
    DATABASES["default"]["OPTIONS"]["options"] = "-c synchronous_commit=off"
