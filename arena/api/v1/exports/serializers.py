"""What exports look like in the API."""

from typing import Any

from rest_framework import serializers

from arena.api.v1.fields import NextField
from arena.api.v1.paging import PageQuerySerializer
from arena.exports.models import Export


class ExportSerializer(serializers.ModelSerializer[Export]):
    class Meta:
        model = Export
        fields = ["name", "made_at", "votes", "uncounted", "manifest"]


class ExportListSerializer(serializers.Serializer[Any]):
    results = ExportSerializer(many=True)
    next = NextField()


class ExportedVoteQuerySerializer(PageQuerySerializer):
    """Which votes of an export."""

    counted = serializers.BooleanField(
        default=True, help_text="False: those that are held or excluded."
    )


class ExportedVoteListSerializer(serializers.Serializer[Any]):
    results = serializers.ListField(
        child=serializers.DictField(), help_text="Rows as the export's `schema.json` says."
    )
    next = NextField()
