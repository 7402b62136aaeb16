"""Every address of the site."""

from typing import Any

from allauth.account.decorators import secure_admin_login
from django.contrib import admin
from django.urls import include, path, re_path

from arena.api.caching.public_view import public
from arena.api.v1.proofs.views import KeysView
from arena.battles import urls as battles_urls
from arena.common.consumers import NoConsumer
from arena.moderation import urls as moderation_urls
from arena.pages import urls as pages_urls

admin.site.site_header = admin.site.site_title = "Blind Arena"
admin.site.index_title = "Administration"

urlpatterns = [
    # The one log-in for everybody, with second factors.
    path("admin/login/", secure_admin_login(admin.site.login)),
    path("admin/", admin.site.urls),
    path("account/", include("arena.voters.accounts.urls")),
    path("account/", include("allauth.urls")),
    path(".well-known/blind-arena-keys.json", public(KeysView)),
    path("api/v1/", include("arena.api.v1.urls")),
    path("", include("arena.exports.urls")),
    path("", include("arena.moderation.urls")),
    path("", include("arena.pages.urls")),
]

websocket_urlpatterns: list[Any] = [
    *battles_urls.websocket_urlpatterns,
    *pages_urls.websocket_urlpatterns,
    *moderation_urls.websocket_urlpatterns,
    re_path("", NoConsumer.as_asgi()),  # type: ignore[arg-type]  # Channels takes them
]

handler400 = "arena.errors.bad_request"
handler403 = "arena.errors.forbidden"
handler404 = "arena.errors.not_found"
handler500 = "arena.errors.server_error"
