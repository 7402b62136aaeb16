"""Settings shared by every environment. Their parts are in arena/settings/parts.

Values that an operator may change come from environment variables (12-factor); all of them are
listed in arena/settings/schema.
"""

from collections.abc import Mapping

from arena.processes import plan
from arena.settings.parts.accounts import *
from arena.settings.parts.api import *
from arena.settings.parts.applications import *
from arena.settings.parts.connections import *
from arena.settings.parts.environment import *
from arena.settings.parts.jobs import *
from arena.settings.parts.logs import *
from arena.settings.parts.security import *
from arena.settings.parts.tasks import *

# The processes of each kind and their connections; arena.processes checks the sum. Empty: no check.
DATABASE_PLAN: Mapping[str, plan.Share] = {}
