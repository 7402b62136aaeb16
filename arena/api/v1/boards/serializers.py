"""What boards look like in the API."""

from typing import Any

from rest_framework import serializers

from arena.api.v1.contestants.serializers import SampledDaySerializer
from arena.api.v1.fields import NextField, SelectableFields
from arena.leaderboards.models import Board, RatingPoint, Style, Window


class BoardSerializer(serializers.ModelSerializer[Board]):
    class Meta:
        model = Board
        fields = ["slug", "name", "description", "group"]


class WindowSerializer(serializers.Serializer[Any]):
    """Which votes of a board."""

    window = serializers.ChoiceField(choices=Window.choices, default=Window.ALL)


class VariantSerializer(serializers.Serializer[Any]):
    """Which leaderboard of a board: the query of its address."""

    style = serializers.ChoiceField(  # type: ignore[assignment]  # hides a property not used here
        choices=Style.choices, default=Style.PLAIN
    )
    window = serializers.ChoiceField(choices=Window.choices, default=Window.ALL)


class HistoryQuerySerializer(VariantSerializer):
    """Which leaderboard a history is of."""

    board = serializers.SlugRelatedField(
        slug_field="slug", queryset=Board.objects.all(), required=False
    )
    days = serializers.IntegerField(
        min_value=1,
        max_value=365,
        default=30,
        help_text="How many days back the sampling is shown.",
    )


class LeaderboardRowSerializer(SelectableFields, serializers.Serializer[Any]):
    contestant = serializers.CharField(source="contestant.slug")
    name = serializers.CharField(source="contestant.name")
    organisation = serializers.CharField(source="contestant.organisation")
    licence = serializers.CharField(source="contestant.licence")
    state = serializers.CharField(source="contestant.state")
    rank = serializers.IntegerField()
    rank_low = serializers.IntegerField()
    rank_high = serializers.IntegerField()
    rating = serializers.FloatField()
    lower = serializers.FloatField(help_text="Lower bound of the 95% interval.")
    upper = serializers.FloatField(help_text="Upper bound of the 95% interval.")
    probability_best = serializers.FloatField(help_text="That no other contestant is truly better.")
    votes = serializers.IntegerField()
    preliminary = serializers.BooleanField(
        help_text="Too few votes, or votes that all agree: the rating leans on a prior."
    )
    marks = serializers.ListField(
        child=serializers.CharField(),
        help_text="Why it is preliminary: no votes, no wins, no losses, not connected, few votes.",
    )
    tie_rating = serializers.FloatField(
        allow_null=True, help_text="By Davidson's model of ties; null where style is controlled."
    )
    rating_as_cast = serializers.FloatField(
        allow_null=True,
        help_text="If each vote counted 1, whatever it weighs; null where all weigh 1.",
    )
    votes_as_cast = serializers.IntegerField(
        allow_null=True, help_text="Their number, where some weigh less; else null."
    )
    elo = serializers.FloatField(
        allow_null=True, help_text="Live ticker over all battles; depends on the order of votes."
    )


class FragilitySerializer(serializers.Serializer[Any]):
    """The fewest votes found whose removal puts another model, `second`, above `first`."""

    first = serializers.CharField()
    second = serializers.CharField()
    votes = serializers.IntegerField(allow_null=True, help_text="Null: no removal was found.")
    share = serializers.FloatField(allow_null=True, help_text="Of all votes of the board.")


class MultiplicitySerializer(serializers.Serializer[Any]):
    organisation = serializers.CharField()
    entries = serializers.IntegerField()
    gain = serializers.FloatField(help_text="Points its best gains by luck, in expectation.")


class StyleEffectSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    coefficient = serializers.FloatField(help_text="Log-odds for (a - b) / (a + b) = 1.")
    lower = serializers.FloatField()
    upper = serializers.FloatField()


class LeaderboardSerializer(serializers.Serializer[Any]):
    board = BoardSerializer()
    style = serializers.ChoiceField(choices=Style.choices)  # type: ignore[assignment]  # hides a property not used here
    window = serializers.ChoiceField(choices=Window.choices)
    since = serializers.DateField(allow_null=True, help_text="First day of a rolling window.")
    updated_at = serializers.DateTimeField(allow_null=True)
    votes = serializers.IntegerField()
    intervals = serializers.ChoiceField(
        choices=["by voter", "by vote"],
        help_text="By voter: the votes of one voter are taken to be alike. By vote: they are not.",
    )
    rows = LeaderboardRowSerializer(many=True)
    fragility = FragilitySerializer(allow_null=True)
    multiplicity = MultiplicitySerializer(many=True)
    style_effects = StyleEffectSerializer(many=True)


class RatingPointSerializer(serializers.ModelSerializer[RatingPoint]):
    published_at = serializers.DateTimeField(source="snapshot.published_at")

    class Meta:
        model = RatingPoint
        fields = ["published_at", "rating", "lower", "upper", "rank", "votes"]


class HistorySerializer(serializers.Serializer[Any]):
    contestant = serializers.CharField()
    board = serializers.CharField()
    style = serializers.ChoiceField(choices=Style.choices)  # type: ignore[assignment]  # hides a property not used here
    window = serializers.ChoiceField(choices=Window.choices)
    points = RatingPointSerializer(many=True, help_text="The newest ones, oldest first.")
    next = NextField("with older points")
    sampled_days = SampledDaySerializer(many=True, help_text="The last days, oldest first.")


class PairSerializer(serializers.Serializer[Any]):
    first = serializers.CharField()
    second = serializers.CharField()
    first_wins = serializers.IntegerField()
    second_wins = serializers.IntegerField()
    ties = serializers.IntegerField()
    both_bad = serializers.IntegerField()
    share = serializers.FloatField(help_text="Points of the first; a draw is half of one.")


class MatrixSerializer(serializers.Serializer[Any]):
    board = serializers.CharField()
    window = serializers.ChoiceField(choices=Window.choices)
    pairs = PairSerializer(many=True, help_text="Every pair that met, in order of names.")
