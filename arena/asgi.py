"""The ASGI application: HTTP by Django and sockets by Channels, behind bounds and a cache."""

import os

from arena.settings.startup import use_settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings.embedded")
use_settings()

from channels.routing import ProtocolTypeRouter, URLRouter  # noqa: E402
from django.core.asgi import get_asgi_application  # noqa: E402

http_application = get_asgi_application()

from channels.auth import AuthMiddleware  # noqa: E402 - needs the app registry
from channels.sessions import SessionMiddleware  # noqa: E402

from arena.api.caching.shared_cache import SharedCache  # noqa: E402
from arena.common.handover import LongAnswers  # noqa: E402
from arena.edge.admission import Admission  # noqa: E402
from arena.edge.alive import Alive  # noqa: E402
from arena.edge.bodies import BoundedBodies  # noqa: E402
from arena.edge.memory import return_large_blocks  # noqa: E402
from arena.edge.sockets import PlainSockets  # noqa: E402
from arena.urls import websocket_urlpatterns  # noqa: E402

return_large_blocks()

application = Alive(
    Admission(
        ProtocolTypeRouter(
            {
                "http": BoundedBodies(SharedCache(LongAnswers(http_application))),
                # Without the CookieMiddleware of Channels, which would read the cookies again.
                "websocket": PlainSockets(
                    SessionMiddleware(AuthMiddleware(URLRouter(websocket_urlpatterns)))
                ),
            }
        )
    )
)
