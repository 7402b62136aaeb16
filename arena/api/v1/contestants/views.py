"""Contestants, how often they are drawn, and their history."""

from dataclasses import asdict

from django.shortcuts import get_object_or_404
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import extend_schema, extend_schema_view
from rest_framework import generics
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arena.api.v1.boards.serializers import HistoryQuerySerializer, HistorySerializer
from arena.api.v1.boards.views import BAD_QUERY, variant_of
from arena.api.v1.contestants.serializers import ContestantSerializer, SamplingRateSerializer
from arena.api.v1.described import problem_response
from arena.api.v1.fields import FieldsSerializer
from arena.api.v1.paging import PageQuerySerializer, next_address, page_of
from arena.contestants.catalogue.reading import public_contestants, with_public_history
from arena.contestants.models import Contestant
from arena.leaderboards.boards import OVERALL
from arena.leaderboards.models import Board
from arena.leaderboards.reading.history import history
from arena.leaderboards.sampling import sampled_days, sampling_rates


class SamplingView(APIView):
    """How often each contestant is in a battle: by chance now, and in the last 30 days."""

    @extend_schema(responses={200: SamplingRateSerializer(many=True)})
    def get(self, request: Request) -> Response:
        rates = sampling_rates()
        contestants = Contestant.objects.filter(pk__in=rates).order_by("slug")
        return Response(
            [
                {"contestant": slug, **asdict(rates[pk])}
                for pk, slug in contestants.values_list("pk", "slug")
            ]
        )


@extend_schema_view(
    get=extend_schema(
        parameters=[FieldsSerializer],
        responses={
            200: ContestantSerializer(many=True),
            400: problem_response("There is no such field or state."),
        },
    )
)
class ContestantListView(generics.ListAPIView[Contestant]):
    """Every contestant that competes or ever competed."""

    queryset = with_public_history()
    serializer_class = ContestantSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_fields = ["state", "organisation", "licence"]
    ordering_fields = ["slug", "name", "organisation", "created_at"]


@extend_schema_view(
    get=extend_schema(
        parameters=[FieldsSerializer],
        responses={
            200: ContestantSerializer,
            400: problem_response("There is no such field."),
            404: problem_response("No such contestant."),
        },
    )
)
class ContestantView(generics.RetrieveAPIView[Contestant]):
    """One contestant."""

    queryset = with_public_history()
    serializer_class = ContestantSerializer
    lookup_field = "slug"


class HistoryView(APIView):
    """A contestant's published ratings on a leaderboard, and how often it was sampled."""

    @extend_schema(
        parameters=[HistoryQuerySerializer, PageQuerySerializer],
        responses={
            200: HistorySerializer,
            400: BAD_QUERY,
            404: problem_response("No such contestant."),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        style, window = variant_of(request)
        cursor, limit = page_of(request)
        query = HistoryQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        board = query.validated_data.get("board") or Board.objects.get(slug=OVERALL)
        contestant = get_object_or_404(public_contestants(), slug=slug)
        points = history(contestant, board, style, window, before=cursor, number=limit)
        oldest = min((point.snapshot_id for point in points), default=None)
        return Response(
            HistorySerializer(
                {
                    "contestant": contestant.slug,
                    "board": board.slug,
                    "style": style,
                    "window": window,
                    "points": points,
                    "next": next_address(request, oldest if len(points) == limit else None),
                    "sampled_days": sampled_days(contestant, query.validated_data["days"]),
                }
            ).data
        )
