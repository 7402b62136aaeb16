"""What problems look like in the API's description."""

from typing import Any

from rest_framework import serializers


class ProblemErrorSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer of what is wrong.")
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457. Types of the arena's own say what to do next.

    - `urn:blind-arena:rate-limited`, `urn:blind-arena:battles-running`: come back in `retry_after`
      seconds.
    - `urn:blind-arena:network-banned`: no new battle before `until`.
    - `urn:blind-arena:consent-required`: read `points`, and send `consent` with this `version`.
    - `urn:blind-arena:personal-data`: look at the `finds`; change the prompt, or send it again with
      `personal_data` set to `confirmed`.
    - `urn:blind-arena:proof-required`: solve `challenge`, which takes at most so many `tries`, and
      send the payload as `proof`.
    """

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemErrorSerializer(  # type: ignore[assignment]  # hides a property not used here
        many=True, required=False
    )
