"""Long lists a page at a time: each page names the address of the next one."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Model
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.utils.urls import replace_query_param

MOST = 1000  # entries of a page
LARGEST = 2**63 - 1  # of PostgreSQL's integers


class PageQuerySerializer(serializers.Serializer[Any]):
    """Which part of a list is wanted."""

    cursor = serializers.IntegerField(
        required=False,
        min_value=0,
        max_value=LARGEST,
        help_text="As in the `next` of the page before; entries that come new move no page.",
    )
    limit = serializers.IntegerField(
        min_value=1, max_value=MOST, default=100, help_text="Entries of a page."
    )


def next_address(request: Request, cursor: int | None) -> str | None:
    """The address of the page after this one, which begins after the entry `cursor`."""
    if cursor is None:
        return None
    address: str = replace_query_param(request.build_absolute_uri(), "cursor", cursor)
    return address


def page_of(request: Request) -> tuple[int | None, int]:
    """Cursor and limit of the query."""
    query = PageQuerySerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    return query.validated_data.get("cursor"), query.validated_data["limit"]


def next_page(request: Request, page: Sequence[Model], limit: int) -> str | None:
    """The address of the next page of a list by ids."""
    return next_address(request, page[-1].pk if len(page) == limit else None)
