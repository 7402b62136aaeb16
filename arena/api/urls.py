"""Addresses of REST v1."""

from datetime import date

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from arena.api import views
from arena.api.reading import Retiring, public
from arena.api.ticker import TickerView

app_name = "api"

# Swagger's page writes some of its style into itself.
interactive = csp_update({"style-src": [SELF, UNSAFE_INLINE]})

KEYS_RETIRE = Retiring(
    since=date(2026, 11, 25), ends=date(2027, 11, 25), instead="/.well-known/blind-arena-keys.json"
)

urlpatterns = [
    path("battles", views.BattleListView.as_view(), name="battles"),
    path("battles/<uuid:battle_id>", views.BattleView.as_view(), name="battle"),
    path("battles/<uuid:battle_id>/live", views.LiveView.as_view(), name="live"),
    path("battles/<uuid:battle_id>/turns", views.TurnListView.as_view(), name="turns"),
    path(
        "battles/<uuid:battle_id>/regenerate", views.RegenerationView.as_view(), name="regenerate"
    ),
    path("battles/<uuid:battle_id>/stop", views.StopView.as_view(), name="stop"),
    path("battles/<uuid:battle_id>/vote", views.VoteView.as_view(), name="vote"),
    path("battles/<uuid:battle_id>/reaction", views.ReactionView.as_view(), name="reaction"),
    path("battles/<uuid:battle_id>/reports", views.ReportListView.as_view(), name="reports"),
    path("boards", public(views.BoardListView), name="boards"),
    path("boards/<slug:slug>/leaderboard", public(views.LeaderboardView), name="leaderboard"),
    path("boards/<slug:slug>/snapshot", public(views.SnapshotView), name="snapshot"),
    path("boards/<slug:slug>/snapshots", public(views.SnapshotListView), name="snapshots"),
    path("snapshots/<int:snapshot_id>", public(views.AnySnapshotView), name="any_snapshot"),
    path("boards/<slug:slug>/matrix", public(views.MatrixView), name="matrix"),
    path("methodology", public(views.MethodologyView), name="methodology"),
    path("status", public(views.StatusView), name="status"),
    path("chain", public(views.ChainView), name="chain"),
    path("keys", public(views.OldKeysView, KEYS_RETIRE), name="keys"),
    path("exports", public(views.ExportListView), name="exports"),
    path("exports/<slug:name>/votes", public(views.ExportedVoteListView), name="exported_votes"),
    path("sampling", public(views.SamplingView), name="sampling"),
    path("contestants", public(views.ContestantListView), name="contestants"),
    path("contestants/<slug:slug>", public(views.ContestantView), name="contestant"),
    path("contestants/<slug:slug>/history", public(views.HistoryView), name="history"),
    path("ticker", TickerView.as_view(), name="ticker"),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs", interactive(SpectacularSwaggerSplitView.as_view(url_name="api:schema")), name="docs"
    ),
]
