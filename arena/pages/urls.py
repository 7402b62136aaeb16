"""Addresses of the site's pages and of their live updates."""

from django.urls import path

from arena.pages import conversations
from arena.pages.about import about, weights
from arena.pages.account.data import data, erase, export
from arena.pages.account.history import history, leaderboard
from arena.pages.account.keys import keys_page, revoke
from arena.pages.arena import arena, battle, direct, image, side_by_side
from arena.pages.consumers import BoardConsumer
from arena.pages.contestants import contestant, contestants
from arena.pages.leaderboard import leaderboard_page
from arena.pages.service import health, robots
from arena.pages.sharing import (
    RankFeed,
    badge,
    board_picture,
    contestant_picture,
    embedded_leaderboard,
)
from arena.pages.verification import snapshot, verification

app_name = "pages"

urlpatterns = [
    path("", arena, name="arena"),
    path("side-by-side/", side_by_side, name="side_by_side"),
    path("direct/", direct, name="direct"),
    path("images/<uuid:image_id>/", image, name="image"),
    path("battles/<uuid:battle_id>/", battle, name="battle"),
    path("leaderboard/", leaderboard_page, name="leaderboard"),
    path("leaderboard/<slug:slug>/", leaderboard_page, name="leaderboard"),
    path("contestants/", contestants, name="contestants"),
    path("contestants/<slug:slug>/", contestant, name="contestant"),
    path("account/battles/", history, name="account_history"),
    path("account/leaderboard/", leaderboard, name="account_leaderboard"),
    path("account/keys/", keys_page, name="account_keys"),
    path("account/keys/<int:key_id>/revoke/", revoke, name="revoke_key"),
    path("account/data/", data, name="account_data"),
    path("account/export/", export, name="account_export"),
    path("account/erase/", erase, name="account_erase"),
    path("verify/", verification, name="verification"),
    path("snapshots/<int:snapshot_id>/", snapshot, name="snapshot"),
    path("embed/leaderboard/", embedded_leaderboard, name="embed"),
    path("embed/leaderboard/<slug:slug>/", embedded_leaderboard, name="embed"),
    path("badge/<slug:slug>.svg", badge, name="badge"),
    path("pictures/boards/<slug:slug>.png", board_picture, name="board_picture"),
    path(
        "pictures/contestants/<slug:slug>.png",
        contestant_picture,
        name="contestant_picture",
    ),
    path("feeds/ranks.atom", RankFeed(), name="rank_feed"),
    path("conversations/", conversations.browse, name="conversations"),
    path("conversations/<uuid:battle_id>/", conversations.read, name="conversation"),
    path("conversations/<uuid:battle_id>/withdraw/", conversations.withdraw, name="withdraw"),
    path("conversations/<uuid:battle_id>/report/", conversations.report, name="report"),
    path("about/", about, name="about"),
    path("about/weights/", weights, name="weights"),
    path("health", health, name="health"),
    path("robots.txt", robots),
]

websocket_urlpatterns = [
    path("ws/boards/<slug:slug>/", BoardConsumer.as_asgi()),  # type: ignore[arg-type]  # Channels takes them
]
