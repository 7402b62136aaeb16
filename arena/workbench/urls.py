"""The site's addresses and those of the development tools."""

from debug_toolbar.toolbar import debug_toolbar_urls
from django.urls import include, path

from arena.urls import (
    handler400,
    handler403,
    handler404,
    handler500,
    urlpatterns,
    websocket_urlpatterns,
)

__all__ = ["handler400", "handler403", "handler404", "handler500", "websocket_urlpatterns"]

urlpatterns = [
    path("__reload__/", include("django_browser_reload.urls")),
    *debug_toolbar_urls(),
    *urlpatterns,
]
