"""Addresses of REST v1."""

from django.urls import path
from drf_spectacular.views import SpectacularAPIView

from arena.api import views

app_name = "api"

urlpatterns = [
    path("battles", views.BattleListView.as_view(), name="battles"),
    path("battles/<uuid:battle_id>", views.BattleView.as_view(), name="battle"),
    path("battles/<uuid:battle_id>/vote", views.VoteView.as_view(), name="vote"),
    path("boards", views.BoardListView.as_view(), name="boards"),
    path("boards/<slug:slug>/leaderboard", views.LeaderboardView.as_view(), name="leaderboard"),
    path("boards/<slug:slug>/snapshot", views.SnapshotView.as_view(), name="snapshot"),
    path("chain", views.ChainView.as_view(), name="chain"),
    path("keys", views.KeysView.as_view(), name="keys"),
    path("exports", views.ExportListView.as_view(), name="exports"),
    path("sampling", views.SamplingView.as_view(), name="sampling"),
    path("contestants", views.ContestantListView.as_view(), name="contestants"),
    path("contestants/<slug:slug>", views.ContestantView.as_view(), name="contestant"),
    path("contestants/<slug:slug>/history", views.HistoryView.as_view(), name="history"),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
]
