"""Addresses of published files."""

from django.urls import path

from arena.exports import views

app_name = "exports"

urlpatterns = [
    path("exports/<slug:name>/<path:path>", views.export_file, name="file"),
]
