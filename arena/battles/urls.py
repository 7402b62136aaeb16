"""The socket addresses of battles."""

from django.urls import path

from arena.battles.live.consumers import BattleConsumer

websocket_urlpatterns = [
    path("ws/battles/<uuid:battle_id>/", BattleConsumer.as_asgi()),  # type: ignore[arg-type]  # Channels takes them
]
