"""Proofs: snapshots, methodology, chain, keys."""

from itertools import islice

from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from arena.api.v1.boards.serializers import VariantSerializer
from arena.api.v1.boards.views import BAD_QUERY, variant_of
from arena.api.v1.described import problem_response
from arena.api.v1.paging import LARGEST, PageQuerySerializer, next_page, page_of
from arena.api.v1.proofs.serializers import (
    ChainQuerySerializer,
    ChainSerializer,
    KeysSerializer,
    MethodologySerializer,
    SnapshotListSerializer,
    SnapshotSerializer,
    StatusSerializer,
)
from arena.battles.reading.battle_view import program_votes, standings_since
from arena.contestants.catalogue.reading import drawable_contestants
from arena.exports.methodology import CHANGES, constants
from arena.leaderboards.boards import vote_count
from arena.leaderboards.models import Board, ChainEntry, Snapshot
from arena.leaderboards.reading.chain import chain, keys_document
from arena.leaderboards.reading.snapshots import latest_snapshot, snapshots, with_proof


class SnapshotView(APIView):
    """The newest published snapshot of a leaderboard: all it takes to recompute it."""

    @extend_schema(
        parameters=[VariantSerializer],
        responses={
            200: SnapshotSerializer,
            400: BAD_QUERY,
            404: problem_response("No such board, or it was not published yet."),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        style, window = variant_of(request)
        snapshot = latest_snapshot(get_object_or_404(Board, slug=slug), style, window)
        if snapshot is None:
            raise Http404("This leaderboard was not published yet.")
        response = Response(with_proof(snapshot))
        response["Last-Modified"] = http_date(snapshot.published_at.timestamp())
        return response


class SnapshotListView(APIView):
    """Every published snapshot of a leaderboard, the newest first."""

    @extend_schema(
        parameters=[VariantSerializer, PageQuerySerializer],
        responses={
            200: SnapshotListSerializer,
            400: BAD_QUERY,
            404: problem_response("No such board."),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        style, window = variant_of(request)
        cursor, limit = page_of(request)
        listed = snapshots(get_object_or_404(Board, slug=slug), style, window)
        if cursor is not None:
            listed = listed.filter(pk__lt=cursor)
        page = list(listed[:limit])
        shown = {"results": page, "next": next_page(request, page, limit)}
        return Response(SnapshotListSerializer(shown).data)


class SnapshotDetailView(APIView):
    """A published snapshot by its id: all it takes to recompute it. It never changes."""

    @extend_schema(responses={200: SnapshotSerializer, 404: problem_response("No such snapshot.")})
    def get(self, request: Request, snapshot_id: int) -> Response:
        known = Snapshot.objects.select_related("board", "chain_entry__key")
        snapshot = get_object_or_404(known, pk=min(snapshot_id, LARGEST))
        response = Response(with_proof(snapshot))
        response["Last-Modified"] = http_date(snapshot.published_at.timestamp())
        return response


class MethodologyView(APIView):
    """The constants in force: everything a rating depends on besides the votes; and changes."""

    @extend_schema(responses={200: MethodologySerializer})
    def get(self, request: Request) -> Response:
        shown = {
            **constants(),
            "weights": request.build_absolute_uri(reverse("pages:weights")),
            "version": CHANGES[0].version,
            "changes": CHANGES,
        }
        return Response(MethodologySerializer(shown).data)


class StatusView(APIView):
    """How the arena is: what counts, and how the votes of today (UTC) stand."""

    @extend_schema(responses={200: StatusSerializer})
    def get(self, request: Request) -> Response:
        midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        today = standings_since(midnight)
        votes = sum(today.values())
        shown = {
            "counted": vote_count(),
            "today": {"votes": votes, **today},
            "held_share": today["held"] / votes if votes else None,
            "program_votes": program_votes(),
            "contestants": drawable_contestants().count(),
            "last_entry": ChainEntry.objects.order_by("-number")
            .values_list("number", flat=True)
            .first(),
        }
        return Response(StatusSerializer(shown).data)


class ChainView(APIView):
    """The chain of everything that was published: signed entries, in order."""

    @extend_schema(
        parameters=[ChainQuerySerializer],
        responses={200: ChainSerializer, 400: problem_response("Not a number of an entry.")},
    )
    def get(self, request: Request) -> Response:
        query = ChainQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        limit = query.validated_data["limit"]
        entries = list(islice(chain(after=query.validated_data["after"]), limit))
        further = None
        if len(entries) == limit:
            further = replace_query_param(
                request.build_absolute_uri(), "after", entries[-1]["number"]
            )
        return Response({"entries": entries, "next": further})


class KeysView(APIView):
    """The keys that sign the chain; each but the first was named by the one before it."""

    @extend_schema(responses={200: KeysSerializer})
    def get(self, request: Request) -> Response:
        return Response(keys_document())
