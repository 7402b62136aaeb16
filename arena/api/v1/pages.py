"""Page through a list by limit and cursor."""

from collections.abc import Sequence

from django.db.models import Model
from rest_framework.request import Request

from arena.api.paging import PageQuerySerializer, next_address


def page_of(request: Request) -> tuple[int | None, int]:
    """Cursor and limit of the query."""
    query = PageQuerySerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    return query.validated_data.get("cursor"), query.validated_data["limit"]


def next_page(request: Request, page: Sequence[Model], limit: int) -> str | None:
    """The address of the next page of a list by ids."""
    return next_address(request, page[-1].pk if len(page) == limit else None)
