"""The ASGI application: HTTP by Django behind bounds of bodies and a cache; sockets by Channels."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "arena.settings.embedded")

from channels.routing import ProtocolTypeRouter, URLRouter
from channels.security.websocket import AllowedHostsOriginValidator
from django.core.asgi import get_asgi_application

http_application = get_asgi_application()

from channels.auth import AuthMiddlewareStack  # noqa: E402 - needs the app registry

from arena.api.cache import SharedCache  # noqa: E402
from arena.edge.bodies import BoundedBodies  # noqa: E402
from arena.edge.sockets import PlainSockets  # noqa: E402
from arena.urls import websocket_urlpatterns  # noqa: E402

application = ProtocolTypeRouter(
    {
        "http": BoundedBodies(SharedCache(http_application)),
        "websocket": PlainSockets(
            AllowedHostsOriginValidator(AuthMiddlewareStack(URLRouter(websocket_urlpatterns)))
        ),
    }
)
