"""Addresses of the pages about keys."""

from django.urls import path

from arena.api import keys

app_name = "keys"

urlpatterns = [
    path("", keys.own_keys, name="own"),
    path("<int:key_id>/revoke/", keys.revoke, name="revoke"),
]
