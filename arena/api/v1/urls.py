"""Addresses of REST v1."""

from csp.constants import SELF, UNSAFE_INLINE
from csp.decorators import csp_update
from django.urls import path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from arena.api.caching.public_view import public
from arena.api.v1.battles.views import (
    BattleListView,
    BattleView,
    LiveView,
    RegenerationView,
    StopView,
    TurnListView,
)
from arena.api.v1.battles.votes import ReactionView, ReportListView, VoteView
from arena.api.v1.boards.ticker import TickerView
from arena.api.v1.boards.views import BoardListView, LeaderboardView, MatrixView
from arena.api.v1.contestants.views import (
    ContestantListView,
    ContestantView,
    HistoryView,
    SamplingView,
)
from arena.api.v1.exports.views import ExportedVoteListView, ExportListView
from arena.api.v1.proofs.views import (
    ChainView,
    MethodologyView,
    SnapshotDetailView,
    SnapshotListView,
    SnapshotView,
    StatusView,
)

app_name = "api"

# Swagger's page writes some of its style into itself.
interactive = csp_update({"style-src": [SELF, UNSAFE_INLINE]})

urlpatterns = [
    path("battles", BattleListView.as_view(), name="battles"),
    path("battles/<uuid:battle_id>", BattleView.as_view(), name="battle"),
    path("battles/<uuid:battle_id>/live", LiveView.as_view(), name="live"),
    path("battles/<uuid:battle_id>/turns", TurnListView.as_view(), name="turns"),
    path("battles/<uuid:battle_id>/regenerate", RegenerationView.as_view(), name="regenerate"),
    path("battles/<uuid:battle_id>/stop", StopView.as_view(), name="stop"),
    path("battles/<uuid:battle_id>/vote", VoteView.as_view(), name="vote"),
    path("battles/<uuid:battle_id>/reaction", ReactionView.as_view(), name="reaction"),
    path("battles/<uuid:battle_id>/reports", ReportListView.as_view(), name="reports"),
    path("boards", public(BoardListView), name="boards"),
    path("boards/<slug:slug>/leaderboard", public(LeaderboardView), name="leaderboard"),
    path("boards/<slug:slug>/snapshot", public(SnapshotView), name="snapshot"),
    path("boards/<slug:slug>/snapshots", public(SnapshotListView), name="snapshots"),
    path("snapshots/<int:snapshot_id>", public(SnapshotDetailView), name="snapshot_detail"),
    path("boards/<slug:slug>/matrix", public(MatrixView), name="matrix"),
    path("methodology", public(MethodologyView), name="methodology"),
    path("status", public(StatusView), name="status"),
    path("chain", public(ChainView), name="chain"),
    path("exports", public(ExportListView), name="exports"),
    path("exports/<slug:name>/votes", public(ExportedVoteListView), name="exported_votes"),
    path("sampling", public(SamplingView), name="sampling"),
    path("contestants", public(ContestantListView), name="contestants"),
    path("contestants/<slug:slug>", public(ContestantView), name="contestant"),
    path("contestants/<slug:slug>/history", public(HistoryView), name="history"),
    path("ticker", TickerView.as_view(), name="ticker"),
    path("schema", SpectacularAPIView.as_view(), name="schema"),
    path(
        "docs", interactive(SpectacularSwaggerSplitView.as_view(url_name="api:schema")), name="docs"
    ),
]
