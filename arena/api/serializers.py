"""What the API takes and gives."""

from typing import Any

from rest_framework import serializers

from arena.api.gates import CONFIRMED
from arena.api.paging import LARGEST, MOST, PageQuerySerializer
from arena.battles.models import (
    AnswerEnding,
    Attention,
    Battle,
    Reaction,
    Report,
    Side,
    Trait,
)
from arena.contestants.models import Contestant, EndpointChange, StateChange
from arena.exports.models import Export
from ratings.models import Board, Link, Outcome, RatingPoint, Snapshot, Style, Window


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


def _milliseconds() -> serializers.IntegerField:
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
    visible_a_ms = _milliseconds()
    visible_b_ms = _milliseconds()
    end_seen_a = serializers.BooleanField()
    end_seen_b = serializers.BooleanField()
    hidden_ms = _milliseconds()
    decided_ms = _milliseconds()


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
        help_text="How much it counts if it does, from 0 to 1; computed anew every ten minutes."
    )
    weight_reason = serializers.CharField(
        allow_null=True, help_text="Why it does not count fully, if it counts."
    )
    weight_final_at = serializers.DateTimeField(
        help_text="From then on the weight is not computed anew."
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


class FieldsSerializer(serializers.Serializer[Any]):
    """Which members of each contestant are wanted."""

    fields = serializers.CharField(  # type: ignore[assignment]  # hides a property not used here
        required=False, help_text="Names, separated by commas. Default: all."
    )


class SelectableFields:
    """A serializer that gives only the members that the query's `fields` names, if it does."""

    def get_fields(self) -> dict[str, Any]:
        fields: dict[str, Any] = super().get_fields()  # type: ignore[misc]  # of a serializer
        request = self.context.get("request")  # type: ignore[attr-defined]  # of a serializer
        asked = request.query_params.get("fields") if request else None
        if not asked:
            return fields
        names = asked.split(",")
        if unknown := [name for name in names if name not in fields]:
            raise serializers.ValidationError(
                {"fields": [f"There is no {unknown[0]!r}; there are {', '.join(fields)}."]}
            )
        return {name: fields[name] for name in names}


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


class ContestantSerializer(SelectableFields, serializers.ModelSerializer[Contestant]):
    url = serializers.CharField(source="get_absolute_url")
    state_changes = StateChangeSerializer(
        many=True, read_only=True, help_text="When it entered or left the draw, and why."
    )
    endpoint_changes = EndpointChangeSerializer(
        many=True, read_only=True, help_text="What of its endpoints changed since it first entered."
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
            "created_at",
            "url",
        ]


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
        min_value=1, max_value=365, default=30, help_text="Of which sampling is told."
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
    probability_first = serializers.FloatField(
        source="first", help_text="That no other contestant is truly better."
    )
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


class NextField(serializers.CharField):
    """The address of the next page of a list."""

    def __init__(self, of_what: str = "") -> None:
        about = " ".join(filter(None, ["Address of the next page", of_what]))
        super().__init__(allow_null=True, help_text=f"{about}; null: this is the last one.")


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


class MethodologyChangeSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    day = serializers.DateField()
    about = serializers.CharField()


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
    last_link = serializers.IntegerField(
        allow_null=True, help_text="Number of the newest link of the chain."
    )


class LinkSerializer(serializers.Serializer[Any]):
    """A signed link of the chain, as `ratings.proof` describes it."""

    format = serializers.CharField()
    number = serializers.IntegerField()
    previous = serializers.CharField(allow_blank=True, help_text="Digest of the link before it.")
    kind = serializers.ChoiceField(choices=Link.Kind.choices)
    subject = serializers.CharField(help_text="SHA-256 of what was published.")
    key = serializers.CharField(help_text="SHA-256 of the public key that signed.")
    signature = serializers.CharField()


class ChainQuerySerializer(serializers.Serializer[Any]):
    after = serializers.IntegerField(
        min_value=0,
        max_value=LARGEST,
        default=0,
        help_text="Give the links that follow this one.",
    )
    limit = serializers.IntegerField(min_value=1, max_value=MOST, default=MOST)


class ChainSerializer(serializers.Serializer[Any]):
    links = LinkSerializer(many=True)
    next = NextField()


class KeySerializer(serializers.Serializer[Any]):
    key = serializers.CharField(help_text="SHA-256 of the public key.")
    public = serializers.CharField(help_text="Ed25519 public key, 32 bytes in base64.")
    after = serializers.IntegerField(help_text="It signs the links with higher numbers.")
    signature = serializers.CharField(
        allow_blank=True, help_text="Of its hand-over, by the key before it."
    )


class KeysSerializer(serializers.Serializer[Any]):
    format = serializers.CharField()
    keys = KeySerializer(many=True)


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


class SnapshotHeadSerializer(serializers.ModelSerializer[Snapshot]):
    """What a snapshot is of; `/api/v1/snapshots/ID` has all of it."""

    link = serializers.IntegerField(
        source="link.number",
        default=None,
        allow_null=True,
        help_text="Number of the link that seals it; null: from before there was a chain.",
    )

    class Meta:
        model = Snapshot
        fields = ["id", "published_at", "since", "votes", "digest", "link"]


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
    proof = LinkSerializer(allow_null=True, help_text="Null: published before there was a chain.")


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
