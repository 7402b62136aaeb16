"""URLs of exports, and of the library that verifies them."""

from django.urls import path

from arena.exports import views
from arena.exports.library import NOTEBOOK

app_name = "exports"

urlpatterns = [
    path("exports/<slug:name>/<path:path>", views.export_file, name="file"),
    path(f"verify/{NOTEBOOK.name}", views.recompute, name="notebook"),
    path("verify/<str:name>", views.library, name="library"),
]
