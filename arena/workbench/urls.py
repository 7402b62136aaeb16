"""The site's addresses and those of the development tools."""

from debug_toolbar.toolbar import debug_toolbar_urls
from django.contrib.staticfiles.views import serve
from django.urls import include, path
from django.views.decorators.cache import cache_control

from arena.urls import (
    handler400,
    handler403,
    handler404,
    handler500,
    urlpatterns,
    websocket_urlpatterns,
)

__all__ = ["handler400", "handler403", "handler404", "handler500", "websocket_urlpatterns"]

# Without a header a browser keeps scripts for days; with this it asks at each load.
fresh = cache_control(no_cache=True)(serve)

urlpatterns = [
    path("static/<path:path>", fresh),
    path("__reload__/", include("django_browser_reload.urls")),
    *debug_toolbar_urls(),
    *urlpatterns,
]
