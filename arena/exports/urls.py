"""Addresses of published files, and of the library that verifies them."""

from django.urls import path

from arena.exports import views

app_name = "exports"

urlpatterns = [
    path("exports/<slug:name>/<path:path>", views.export_file, name="file"),
    path("verify/<str:name>", views.library, name="library"),
]
