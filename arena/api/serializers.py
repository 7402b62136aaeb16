"""What the API takes and gives."""

from typing import Any

from rest_framework import serializers

from arena.battles.models import Battle
from arena.contestants.models import Contestant
from ratings.models import Board, Outcome


class NewBattleSerializer(serializers.Serializer[Any]):
    prompt = serializers.CharField(trim_whitespace=False, allow_blank=True)


class NewVoteSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=Outcome.choices)


class AnswersSerializer(serializers.Serializer[Any]):
    a = serializers.CharField()
    b = serializers.CharField()


class TurnSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    prompt = serializers.CharField()
    answers = AnswersSerializer(help_text="Markdown; empty until both answers are complete.")


class VoteSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    cast_at = serializers.DateTimeField()
    standing = serializers.CharField(help_text="Whether the vote counts: counted, held, excluded.")
    reason = serializers.CharField(allow_null=True, help_text="Why it does not count.")


class RevealedContestantSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    slug = serializers.CharField()
    organisation = serializers.CharField()
    licence = serializers.CharField()
    url = serializers.CharField()


class RevealedContestantsSerializer(serializers.Serializer[Any]):
    a = RevealedContestantSerializer()
    b = RevealedContestantSerializer()


class BattleSerializer(serializers.Serializer[Any]):
    """The documentation's view of `arena.battles.selectors.BattleView`."""

    id = serializers.UUIDField()
    state = serializers.ChoiceField(choices=Battle.State.choices)
    failure = serializers.CharField(allow_null=True)
    turns = TurnSerializer(many=True)
    url = serializers.CharField(help_text="The battle's page.")
    socket = serializers.CharField(help_text="The battle's WebSocket, on this host.")
    vote = VoteSerializer(allow_null=True)
    contestants = RevealedContestantsSerializer(allow_null=True, help_text="After the vote only.")


class ContestantSerializer(serializers.ModelSerializer[Contestant]):
    url = serializers.CharField(source="get_absolute_url")

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
            "created_at",
            "url",
        ]


class BoardSerializer(serializers.ModelSerializer[Board]):
    class Meta:
        model = Board
        fields = ["slug", "name", "description"]


class LeaderboardRowSerializer(serializers.Serializer[Any]):
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
    votes = serializers.IntegerField()
    marks = serializers.ListField(child=serializers.CharField())


class LeaderboardSerializer(serializers.Serializer[Any]):
    board = BoardSerializer()
    updated_at = serializers.DateTimeField(allow_null=True)
    votes = serializers.IntegerField()
    rows = LeaderboardRowSerializer(many=True)


class ProblemErrorSerializer(serializers.Serializer[Any]):
    pointer = serializers.CharField(help_text="JSON pointer of what is wrong.")
    detail = serializers.CharField()


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    detail = serializers.CharField()
    errors = ProblemErrorSerializer(  # type: ignore[assignment]  # hides a property not used here
        many=True, required=False
    )
