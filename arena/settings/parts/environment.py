"""What the environment says, read and checked once for all parts."""

from arena.settings.schema.arena import ArenaSettings
from arena.settings.schema.loading import load, warn_of_unknown
from arena.settings.schema.sections import ROOT

BASE_DIR = ROOT
LOADED = load()
warn_of_unknown()

ARENA: ArenaSettings = LOADED.arena
"""All ARENA_* variables; see arena.settings.schema."""
