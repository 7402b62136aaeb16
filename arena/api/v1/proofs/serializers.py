"""What proofs look like in the API: methodology, chain, keys, snapshots."""

from typing import Any

from rest_framework import serializers

from arena.api.v1.fields import NextField
from arena.api.v1.paging import LARGEST, MOST
from arena.leaderboards.models import ChainEntry, Snapshot, Style, Window


class MethodologyChangeSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    day = serializers.DateField()
    about = serializers.CharField()
    digest = serializers.CharField(
        help_text="SHA-256 of all constants that decide what is counted, held or drawn; empty for"
        " versions before 3.5."
    )


class MethodologySerializer(serializers.Serializer[Any]):
    rating = serializers.DictField()
    style = serializers.DictField()  # type: ignore[assignment]  # hides a property not used here
    windows = serializers.DictField(help_text="Days of each rolling window.")
    sampling = serializers.DictField()
    integrity = serializers.DictField()
    export = serializers.DictField()
    weights = serializers.URLField(help_text="The page that explains how votes are weighed.")
    version = serializers.CharField(help_text="Of the newest change.")
    changes = MethodologyChangeSerializer(many=True, help_text="The newest first.")


class TodaySerializer(serializers.Serializer[Any]):
    votes = serializers.IntegerField()
    counted = serializers.IntegerField()
    held = serializers.IntegerField()
    excluded = serializers.IntegerField()


class StatusSerializer(serializers.Serializer[Any]):
    counted = serializers.IntegerField(help_text="Votes on the overall board, as last fitted.")
    today = TodaySerializer()
    held_share = serializers.FloatField(allow_null=True, help_text="Of today's votes.")
    program_votes = serializers.IntegerField(
        help_text="Cast with keys of the API; they count on no board."
    )
    contestants = serializers.IntegerField(help_text="That may be drawn now.")
    last_entry = serializers.IntegerField(
        allow_null=True, help_text="Number of the newest entry of the chain."
    )


class ChainEntrySerializer(serializers.Serializer[Any]):
    """A signed entry of the hash chain, as `ratings.proof` describes it."""

    format = serializers.CharField()
    number = serializers.IntegerField()
    previous = serializers.CharField(allow_blank=True, help_text="Digest of the entry before it.")
    kind = serializers.ChoiceField(choices=ChainEntry.Kind.choices)
    subject = serializers.CharField(help_text="SHA-256 of what was published.")
    key = serializers.CharField(help_text="SHA-256 of the public key that signed.")
    signature = serializers.CharField()


class ChainQuerySerializer(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST,
        default=0,
        help_text="Give the entries that follow this one.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=MOST)


class ChainSerializer(serializers.Serializer[Any]):
    entries = ChainEntrySerializer(many=True)
    next = NextField()


class KeySerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="SHA-256 of the public key.")
    public = serializers.CharField(help_text="Ed25519 public key, 32 bytes in base64.")
    after = serializers.IntegerField(help_text="It signs the entries with higher numbers.")
    signature = serializers.CharField(
        allow_blank=True, help_text="Of its hand-over, by the key before it."
    )


class KeysSerializer(serializers.Serializer[Any]):
    format = serializers.CharField()
    keys = KeySerializer(many=True)


class SnapshotHeadSerializer(serializers.ModelSerializer[Snapshot]):
    """What a snapshot is of; `/api/v1/snapshots/ID` has all of it."""

    chain_entry = serializers.IntegerField(
        source="chain_entry.number",
        default=None,
        allow_null=True,
        help_text="Number of the chain entry that seals it; null: from before there was a chain.",
    )

    class Meta:
        model = Snapshot
        fields = ["id", "published_at", "since", "votes", "digest", "chain_entry"]


class SnapshotListSerializer(serializers.Serializer[Any]):
    results = SnapshotHeadSerializer(many=True)
    next = NextField()


class SnapshotSerializer(serializers.Serializer[Any]):
    """A published leaderboard as `python -m ratings verify` takes it."""

    format = serializers.CharField()
    board = serializers.CharField()
    style = serializers.ChoiceField(choices=Style.choices)  # type: ignore[assignment]  # hides a property not used here
    window = serializers.ChoiceField(choices=Window.choices)
    since = serializers.DateField(allow_null=True)
    published_at = serializers.DateTimeField()
    votes = serializers.IntegerField()
    conventions = serializers.DictField()
    grid = serializers.DictField(allow_null=True, help_text="How style is quantised.")
    models = serializers.ListField(child=serializers.CharField())
    counts = serializers.ListField(child=serializers.ListField())
    digest = serializers.CharField(help_text="SHA-256 of the counts.")
    rows = serializers.ListField(child=serializers.DictField())
    notes = serializers.DictField()
    proof = ChainEntrySerializer(
        allow_null=True, help_text="Null: published before there was a chain."
    )
