"""Every page, export, badge, picture, and answer of the API of a simulated site says what it is."""

from copy import deepcopy

from arena.settings.parts import environment
from arena.settings.parts.api import SPECTACULAR_SETTINGS
from arena.settings.parts.applications import MIDDLEWARE, TEMPLATES
from arena.settings.parts.environment import BASE_DIR

TEMPLATES = deepcopy(TEMPLATES)
TEMPLATES[0]["DIRS"] = [BASE_DIR / "arena/workbench/demo/templates", *TEMPLATES[0]["DIRS"]]
MIDDLEWARE = ["arena.workbench.demo.middleware.Simulated", *MIDDLEWARE]
ARENA = environment.ARENA.changed(brand="Blind Arena, simulated")
SPECTACULAR_SETTINGS = {
    **SPECTACULAR_SETTINGS,
    "DESCRIPTION": "Simulated: programs cast every vote of this site, and its models are invented.",
}
