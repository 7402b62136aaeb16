"""What contestants look like in the API."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from arena.api.v1.fields import SelectableFields
from arena.contestants.catalogue.versions import Version, versions_of
from arena.contestants.models import (
    CLAIM_PARTS,
    Claim,
    Contestant,
    EndpointChange,
    StateChange,
)


class StateChangeSerializer(serializers.Serializer[StateChange]):
    changed_at = serializers.DateTimeField()
    before = serializers.CharField(help_text="The state until then.")
    state = serializers.CharField()
    reason = serializers.CharField(allow_blank=True)


class EndpointChangeSerializer(serializers.Serializer[EndpointChange]):
    changed_at = serializers.DateTimeField()
    changed = serializers.ListField(
        child=serializers.CharField(),
        help_text="`added`, `removed`, `on` or `off` (the endpoint as a whole), `address`, `model` "
        "(its id there), `prompt` (the system prompt), `thoughts` (whether answers begin inside a "
        "thought), or `parameter:NAME`.",
    )


class ClaimSerializer(serializers.ModelSerializer[Claim]):
    class Meta:
        model = Claim
        fields = list(CLAIM_PARTS)


class VersionSerializer(serializers.Serializer[Version]):
    number = serializers.IntegerField(help_text="Counted from 1, its first entry into the draw.")
    since = serializers.DateTimeField()
    changed = serializers.ListField(
        child=serializers.CharField(),
        help_text="What began it: the codes of `endpoint_changes`, and `claim:PART`.",
    )
    claim = serializers.DictField(help_text="The parts of the claim that were stated then.")


class ContestantSerializer(SelectableFields, serializers.ModelSerializer[Contestant]):
    url = serializers.CharField(source="get_absolute_url")
    state_changes = StateChangeSerializer(
        many=True, read_only=True, help_text="When it entered or left the draw, and why."
    )
    endpoint_changes = EndpointChangeSerializer(
        many=True, read_only=True, help_text="What of its endpoints changed since it first entered."
    )

    claim = ClaimSerializer(
        read_only=True,
        allow_null=True,
        help_text="What the operator says that it is; null: nothing is stated.",
    )
    versions = serializers.SerializerMethodField(
        help_text="Each change of its claim or its endpoints begins a version; the newest first."
    )

    class Meta:
        model = Contestant
        fields = [
            "slug",
            "name",
            "organisation",
            "licence",
            "licence_url",
            "website",
            "description",
            "state",
            "state_changes",
            "endpoint_changes",
            "claim",
            "versions",
            "created_at",
            "url",
        ]

    @extend_schema_field(VersionSerializer(many=True))
    def get_versions(self, contestant: Contestant) -> Any:
        return [VersionSerializer(version).data for version in versions_of(contestant)]


class SamplingRateSerializer(serializers.Serializer[Any]):
    contestant = serializers.CharField()
    now = serializers.FloatField(help_text="Chance to be in the next battle.")
    recent = serializers.FloatField(
        allow_null=True, help_text="Share of the counted votes of the last 30 days."
    )
    recent_votes = serializers.IntegerField()


class SampledDaySerializer(serializers.Serializer[Any]):
    day = serializers.DateField()
    votes = serializers.IntegerField()
    share = serializers.FloatField()
