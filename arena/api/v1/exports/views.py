"""Exports, and their votes page by page."""

from django.http import Http404
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arena.api.v1.boards.views import BAD_QUERY
from arena.api.v1.described import problem_response
from arena.api.v1.exports.serializers import (
    ExportedVoteListSerializer,
    ExportedVoteQuerySerializer,
    ExportListSerializer,
)
from arena.api.v1.paging import PageQuerySerializer, next_address, next_page, page_of
from arena.exports.models import Export
from arena.exports.selectors import exports, votes_of


class ExportListView(APIView):
    """The published exports of all votes, the newest first; files are below /exports/NAME/."""

    @extend_schema(
        parameters=[PageQuerySerializer],
        responses={200: ExportListSerializer, 400: BAD_QUERY},
    )
    def get(self, request: Request) -> Response:
        cursor, limit = page_of(request)
        kept = [export for export in exports() if cursor is None or export.pk < cursor]
        page = kept[:limit]
        shown = {"results": page, "next": next_page(request, page, limit)}
        return Response(ExportListSerializer(shown).data)


class ExportedVoteListView(APIView):
    """The votes of an export, a page at a time, for who wants to look; its files have them all."""

    @extend_schema(
        parameters=[ExportedVoteQuerySerializer],
        responses={
            200: ExportedVoteListSerializer,
            400: BAD_QUERY,
            404: problem_response("There is no such export, or it is no longer kept."),
        },
    )
    def get(self, request: Request, name: str) -> Response:
        query = ExportedVoteQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        begin, limit = query.validated_data.get("cursor", 0), query.validated_data["limit"]
        counted = query.validated_data["counted"]
        export = get_object_or_404(Export, name=name)
        try:
            votes = votes_of(export, counted=counted, begin=begin, number=limit)
        except FileNotFoundError as error:
            raise Http404("This export is no longer kept.") from error
        further = begin + limit if len(votes) == limit else None
        return Response({"results": votes, "next": next_address(request, further)})
