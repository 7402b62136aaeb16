"""Addresses of the site's pages and of their live updates."""

from django.urls import path
from django.views.generic import RedirectView

from arena.pages import conversations, own, record, views
from arena.pages.consumers import BoardConsumer

app_name = "pages"

urlpatterns = [
    path("", views.arena, name="arena"),
    path("side-by-side/", views.side_by_side, name="side_by_side"),
    path("direct/", views.direct, name="direct"),
    path("images/<uuid:image_id>/", views.image, name="image"),
    path("battles/<uuid:battle_id>/", views.battle, name="battle"),
    path("leaderboard/", views.leaderboard_page, name="leaderboard"),
    path("leaderboard/<slug:slug>/", views.leaderboard_page, name="leaderboard"),
    path("contestants/", views.contestants, name="contestants"),
    path("contestants/<slug:slug>/", views.contestant, name="contestant"),
    path("mine/", own.history, name="own_history"),
    path("mine/leaderboard/", own.leaderboard, name="own_leaderboard"),
    path("mine/data/", own.data, name="own_data"),
    path("mine/export/", own.export, name="own_export"),
    path("mine/erase/", own.erase, name="own_erase"),
    path("record/", record.record, name="record"),
    path("verify/", RedirectView.as_view(url="/record/#verify"), name="verify"),
    path("snapshots/<int:snapshot_id>/", record.snapshot, name="snapshot"),
    path("embed/leaderboard/", record.embedded_leaderboard, name="embed"),
    path("embed/leaderboard/<slug:slug>/", record.embedded_leaderboard, name="embed"),
    path("badge/<slug:slug>.svg", record.badge, name="badge"),
    path("pictures/boards/<slug:slug>.png", record.board_picture, name="board_picture"),
    path(
        "pictures/contestants/<slug:slug>.png",
        record.contestant_picture,
        name="contestant_picture",
    ),
    path("feeds/ranks.atom", record.RankFeed(), name="rank_feed"),
    path("conversations/", conversations.browse, name="conversations"),
    path("conversations/<uuid:battle_id>/", conversations.read, name="conversation"),
    path("conversations/<uuid:battle_id>/withdraw/", conversations.withdraw, name="withdraw"),
    path("conversations/<uuid:battle_id>/report/", conversations.report, name="report"),
    path("about/", views.about, name="about"),
    path("about/weights/", views.weights, name="weights"),
    path("health", views.health, name="health"),
    path("robots.txt", views.robots),
]

websocket_urlpatterns = [
    path("ws/boards/<slug:slug>/", BoardConsumer.as_asgi()),  # type: ignore[arg-type]  # Channels takes them
]
