"""What load balancers and search engines ask for."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe


@require_safe
@never_cache
def health(request: HttpRequest) -> HttpResponse:
    """For load balancers: 200 as long as this process reaches the database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    return HttpResponse("ok\n", content_type="text/plain")


@require_safe
def robots(request: HttpRequest) -> HttpResponse:
    """Keep battles, accounts and the API out of search engines."""
    return HttpResponse(
        "User-agent: *\nDisallow: /battles/\nDisallow: /api/\nDisallow: /admin/\n"
        "Disallow: /moderation/\nDisallow: /account/\n",
        content_type="text/plain",
    )
