"""Boards in the admin. Counts, fits and snapshots are made by the arena alone."""

from django.contrib import admin

from ratings.models import Board


@admin.register(Board)
class BoardAdmin(admin.ModelAdmin[Board]):
    list_display = ["name", "slug", "position"]
    prepopulated_fields = {"slug": ["name"]}
