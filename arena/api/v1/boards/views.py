"""Boards: ratings, matrix."""

from django.shortcuts import get_object_or_404
from django.utils.http import http_date
from drf_spectacular.utils import extend_schema
from rest_framework import generics
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arena.api.v1.boards.serializers import (
    BoardSerializer,
    LeaderboardSerializer,
    MatrixSerializer,
    VariantSerializer,
    WindowSerializer,
)
from arena.api.v1.described import problem_response
from arena.api.v1.fields import FieldsSerializer
from arena.leaderboards.boards import boards
from arena.leaderboards.models import Board, Style, Window
from arena.leaderboards.reading.summaries import win_matrix
from arena.leaderboards.reading.view import leaderboard


class BoardListView(generics.ListAPIView[Board]):
    """Every board that has votes, and the overall one."""

    queryset = boards()
    serializer_class = BoardSerializer


def variant_of(request: Request) -> tuple[Style, Window]:
    """The leaderboard that the query asks for."""
    query = VariantSerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    return Style(query.validated_data["style"]), Window(query.validated_data["window"])


BAD_QUERY = problem_response("The query is not valid; the document says where.")


class LeaderboardView(APIView):
    """A board's ratings as last fitted."""

    @extend_schema(
        parameters=[VariantSerializer, FieldsSerializer],
        responses={
            200: LeaderboardSerializer,
            400: BAD_QUERY,
            404: problem_response("No such board."),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        style, window = variant_of(request)
        shown = leaderboard(get_object_or_404(Board, slug=slug), style, window)
        context = {"request": request}
        response = Response(LeaderboardSerializer(shown, context=context).data)
        if shown.updated_at and not request.query_params.get("fields"):
            response["Last-Modified"] = http_date(shown.updated_at.timestamp())
        return response


class MatrixView(APIView):
    """How often each outcome of each pair was counted on a board."""

    @extend_schema(
        parameters=[WindowSerializer],
        responses={
            200: MatrixSerializer,
            400: BAD_QUERY,
            404: problem_response("No such board."),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        query = WindowSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        board = get_object_or_404(Board, slug=slug)
        pairs = win_matrix(board, Window(query.validated_data["window"]))
        shown = {"board": board.slug, **query.validated_data, "pairs": pairs}
        return Response(MatrixSerializer(shown).data)
