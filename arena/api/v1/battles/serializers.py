"""What battles look like in the API, and what may be sent."""

from typing import Any

from rest_framework import serializers

from arena.api.gates import CONFIRMED
from arena.battles.models import AnswerEnding, Attention, Battle, Reaction, Report, Side, Trait
from arena.leaderboards.models import Outcome


class RegenerationSerializer(serializers.Serializer[Any]):
    proof = serializers.CharField(
        required=False, help_text="ALTCHA's payload in base64: see `proof-required`."
    )


class NewTurnSerializer(RegenerationSerializer):
    prompt = serializers.CharField(trim_whitespace=False, allow_blank=True)
    personal_data = serializers.ChoiceField(
        choices=[CONFIRMED],
        required=False,
        help_text="The prompt is to be sent as it is: see `personal-data`.",
    )


class NewBattleSerializer(NewTurnSerializer):
    consent = serializers.CharField(
        required=False,
        help_text="Version of the text that the caller agrees to, once: see `consent-required`.",
    )
    publish = serializers.BooleanField(
        required=False,
        allow_null=True,
        default=None,
        help_text="Whether the conversation is published after the vote; as last time if not said.",
    )
    contestants = serializers.ListField(
        child=serializers.SlugField(),
        min_length=1,
        max_length=2,
        required=False,
        help_text="Slugs of models to ask by name: one alone, or A and B side by side. Such a"
        " battle is not blind: it is never published, and its vote counts nowhere.",
    )


def milliseconds_field() -> serializers.IntegerField:
    return serializers.IntegerField(min_value=0, max_value=Attention.LONGEST_MS)


class NewBattleFormSerializer(NewBattleSerializer):
    """The same as multipart/form-data, which can hold an image."""

    image = serializers.FileField(
        required=False,
        help_text="PNG, JPEG, WebP or GIF. Only models that take images are"
        " drawn, and the conversation is never published.",
    )
    image_alt = serializers.CharField(
        required=False, allow_blank=True, default="", max_length=300, help_text="What it shows."
    )


class AttentionSerializer(serializers.Serializer[Any]):
    """How the answers were read, as the voter's page measured it. Times are milliseconds."""

    input = serializers.ChoiceField(choices=Attention.Input.choices)
    visible_a_ms = milliseconds_field()
    visible_b_ms = milliseconds_field()
    end_seen_a = serializers.BooleanField()
    end_seen_b = serializers.BooleanField()
    hidden_ms = milliseconds_field()
    decided_ms = milliseconds_field()


class NewVoteSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    attention = AttentionSerializer(
        required=False,
        allow_null=True,
        help_text="Of use to the arena, and never needed: a vote without it counts as well.",
    )


class AnswersSerializer(serializers.Serializer[Any]):
    a = serializers.CharField()
    b = serializers.CharField(required=False, help_text="Not there in a direct chat.")


class ImageSerializer(serializers.Serializer[Any]):
    """The image of a prompt, which its voter alone can fetch."""

    url = serializers.CharField()
    alt = serializers.CharField()
    width = serializers.IntegerField()
    height = serializers.IntegerField()


class EndingsSerializer(serializers.Serializer[Any]):
    """How the answers of one turn ended; empty if they were stopped, or if it is not known."""

    a = serializers.ChoiceField(choices=AnswerEnding.choices, allow_blank=True)
    b = serializers.ChoiceField(
        choices=AnswerEnding.choices,
        allow_blank=True,
        required=False,
        help_text="Not there in a direct chat.",
    )


class TurnSerializer(serializers.Serializer[Any]):
    number = serializers.IntegerField()
    prompt = serializers.CharField()
    image = ImageSerializer(allow_null=True)
    answers = AnswersSerializer(help_text="Markdown; empty until both answers are complete.")
    endings = EndingsSerializer(
        allow_null=True,
        help_text="Whether an answer was cut or broken off. After the vote only, unless the "
        "caller chose the contestants.",
    )


class TraitsSerializer(serializers.Serializer[Any]):
    a = serializers.MultipleChoiceField(choices=Trait.choices)
    b = serializers.MultipleChoiceField(choices=Trait.choices)


class ReactionSerializer(serializers.Serializer[Any]):
    """Why a voter voted so."""

    traits = TraitsSerializer()
    comment = serializers.CharField(allow_blank=True, default="", max_length=Reaction.LONGEST)


class ReportSerializer(serializers.Serializer[Any]):
    """What moderators should look at, and why."""

    side = serializers.ChoiceField(
        choices=Side.choices, allow_blank=True, default="", help_text="Empty: the whole battle."
    )
    reason = serializers.ChoiceField(choices=Report.Reason.choices)
    comment = serializers.CharField(allow_blank=True, default="", max_length=Report.LONGEST)


class VotePeriodSerializer(serializers.Serializer[Any]):
    """How much a vote counted from some moment on."""

    since = serializers.DateTimeField()
    counts = serializers.FloatField(help_text="From 0 to 1; 0 while it is held or excluded.")
    reason = serializers.CharField()


class VoteEffectSerializer(serializers.Serializer[Any]):
    """The ratings of the two models with the vote, minus those without it, in points."""

    board = serializers.CharField()
    a = serializers.FloatField()
    b = serializers.FloatField()


class VoteSerializer(serializers.Serializer[Any]):
    outcome = serializers.ChoiceField(choices=Outcome.choices)
    cast_at = serializers.DateTimeField()
    standing = serializers.CharField(help_text="Whether the vote counts: counted, held, excluded.")
    reason = serializers.CharField(allow_null=True, help_text="Why it does not count.")
    weight = serializers.FloatField(
        help_text="How much it counts if it does, from 0 to 1; computed again every ten minutes."
    )
    weight_reason = serializers.CharField(
        allow_null=True, help_text="Why it does not count fully, if it counts."
    )
    weight_final_at = serializers.DateTimeField(
        help_text="From then on the weight does not change."
    )
    counts_since = serializers.DateTimeField(
        allow_null=True, help_text="Null: it does not count, or its weight is 0."
    )
    explanation = serializers.CharField(help_text="Whether and how much it counts, in words.")
    history = VotePeriodSerializer(many=True, help_text="How much it counted, the oldest first.")
    effect = VoteEffectSerializer(
        allow_null=True,
        help_text="What it changes at its weight. Null until it was weighed, within ten minutes, "
        "and of a vote that does not count or weighs 0.",
    )


class RevealedContestantSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    slug = serializers.CharField()
    organisation = serializers.CharField()
    licence = serializers.CharField()
    url = serializers.CharField()


class RevealedContestantsSerializer(serializers.Serializer[Any]):
    a = RevealedContestantSerializer()
    b = RevealedContestantSerializer(required=False, help_text="Not there in a direct chat.")


class BattleSerializer(serializers.Serializer[Any]):
    """The documentation's view of `arena.battles.reading.battle_view.BattleView`."""

    id = serializers.UUIDField()
    mode = serializers.ChoiceField(choices=Battle.Mode.choices)
    state = serializers.ChoiceField(choices=Battle.State.choices)
    failure = serializers.CharField(
        allow_null=True, help_text="Of the battle, or of a further prompt that got no answers."
    )
    turns = TurnSerializer(many=True)
    url = serializers.CharField(help_text="The battle's page.")
    socket = serializers.CharField(help_text="The battle's WebSocket, on this host.")
    vote = VoteSerializer(allow_null=True)
    reaction = ReactionSerializer(allow_null=True)
    contestants = RevealedContestantsSerializer(
        allow_null=True, help_text="After the vote only, unless the caller chose them."
    )
    conversation = serializers.CharField(
        allow_null=True, help_text="The page on which everybody can read it, after the vote."
    )


class LiveQuerySerializer(serializers.Serializer[Any]):
    after = serializers.CharField(
        required=False,
        allow_blank=True,
        default="",
        max_length=60,
        help_text="The `cursor` of the answer before; empty: all from the beginning.",
    )


FRAME_TYPES = ["snapshot", "text", "open", "failed", "voted"]


class FrameSerializer(serializers.Serializer[Any]):
    """One piece of news, as the battle's WebSocket sends it."""

    type = serializers.ChoiceField(
        choices=FRAME_TYPES,
        help_text="snapshot: all that is shown of the newest turn. text: what comes after that."
        " open: both answers are complete.",
    )
    state = serializers.ChoiceField(choices=Battle.State.choices, required=False)
    turn = serializers.IntegerField(required=False)
    prompt = serializers.CharField(required=False)
    a = serializers.CharField(required=False)
    b = serializers.CharField(required=False)
    detail = serializers.CharField(required=False, help_text="Why the battle failed.")


class LiveSerializer(serializers.Serializer[Any]):
    frames = FrameSerializer(many=True, help_text="In order; none if nothing is new.")
    cursor = serializers.CharField(help_text="For the next request.")
