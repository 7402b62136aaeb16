"""REST v1. Views parse, call a service, render."""

import hashlib
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from itertools import islice
from types import MappingProxyType
from typing import Any

import orjson
from django.db.models import Model
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils import timezone
from django.utils.http import http_date
from django_filters.rest_framework import DjangoFilterBackend
from drf_spectacular.utils import OpenApiResponse, extend_schema, extend_schema_view
from rest_framework import generics, status
from rest_framework.exceptions import PermissionDenied, ValidationError
from rest_framework.filters import OrderingFilter
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from arena.api import serializers
from arena.api.authentication import caller, key_of
from arena.api.gates import admit, admit_opening, agreed, looked_over, not_banned
from arena.api.idempotency import HEADER, request_key, reused
from arena.api.models import Scope
from arena.api.paging import LARGEST, PageQuerySerializer, next_address
from arena.api.parsers import JSONParser, MultiPartParser
from arena.api.problems import Conflict, Refused, Unavailable
from arena.battles import opening
from arena.battles.access import BattleUnknown
from arena.battles.asking import PromptRefused, TooManyBattles, checked_prompt
from arena.battles.idempotency import KeyReused, RequestKey, perform_once
from arena.battles.live.relay import relay
from arena.battles.matchmaking import NoContestants
from arena.battles.models import Battle
from arena.battles.opening import ContestantsRefused, check_takes_images, note_origin, open_named
from arena.battles.prompts.images import DecoderBusy, ImageRefused, NewImage, checked
from arena.battles.reading.battle_view import (
    battle_of,
    battle_view,
    of_voter,
    program_votes,
    standings_since,
)
from arena.battles.turns import TurnRefused, continue_battle, regenerate, stop_battle
from arena.battles.voting import reactions
from arena.battles.voting.cast import VoteRefused, cast_vote
from arena.common.handover import hand_over
from arena.contestants.models import Contestant
from arena.contestants.selectors import drawable_contestants, public_contestants
from arena.exports.methodology import CHANGES, constants
from arena.exports.models import Export
from arena.exports.selectors import exports, votes_of
from arena.voters import consent
from arena.voters.device import device_of
from arena.voters.identity import remember
from arena.voters.limits import Action
from arena.voters.network import network_of, recent_pseudonyms
from arena.voters.services import voter_of
from ratings.boards import OVERALL
from ratings.chain import chain
from ratings.models import Board, Link, Outcome, Snapshot, Style, Window
from ratings.selectors import (
    boards,
    history,
    keys_document,
    latest_snapshot,
    leaderboard,
    proven,
    sampled_days,
    sampling_rates,
    snapshots,
    vote_count,
    win_matrix,
)

BATTLE = serializers.BattleSerializer
RUNNING_SECONDS = 10  # when one of the running battles may have come to its end


def _problem(description: str) -> OpenApiResponse:
    return OpenApiResponse(serializers.ProblemSerializer, description)


KEY_REUSED = _problem("The Idempotency-Key was used for another request.")


class OfBattles(APIView):
    """A view of battles. Programs may use it with a key for that, and for battles of programs."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        super().initial(request, *args, **kwargs)
        key = key_of(request)
        if key is None:
            return
        if Scope.BATTLE not in key.scopes or caller(request) is None:
            raise PermissionDenied("This key is not for battles.")
        battle_id = kwargs.get("battle_id")
        if battle_id and not Battle.objects.filter(pk=battle_id, by_program=True).exists():
            raise Http404("There is no such battle.")


class BattleListView(OfBattles):
    """Open a battle. One opened with a key is a program's: its vote counts on no board."""

    parser_classes = [JSONParser, MultiPartParser]

    @extend_schema(
        parameters=[HEADER],
        request={
            "application/json": serializers.NewBattleSerializer,
            "multipart/form-data": serializers.NewBattleFormSerializer,
        },
        responses={
            201: BATTLE,
            400: _problem("The prompt cannot be answered, or the chosen models cannot be asked."),
            403: _problem(
                "The CSRF token is wrong, the caller's network is banned for a time, or consent or"
                " a proof of work is asked first."
            ),
            409: _problem("The prompt seems to hold personal data, and nobody has confirmed it."),
            413: _problem("More than the site takes at once."),
            422: KEY_REUSED,
            429: _problem("Too often, or too many battles of this voter are running."),
            503: _problem("Fewer than two models are available."),
        },
    )
    def post(self, request: Request) -> Response:
        given = serializers.NewBattleFormSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wish = given.validated_data
        left: dict[str, str] = {}

        def open_battle() -> Battle:
            prompt = checked_prompt(wish["prompt"])
            not_banned(request)
            agreed(request, wish.get("consent"))
            looked_over(prompt, wish.get("personal_data"))
            if "image" in wish:
                check_takes_images(wish.get("contestants", ()))
            left.update(admit_opening(request, wish.get("proof"), is_new=True))
            return _open(request, wish, prompt)

        try:
            battle, _new = perform_once(request_key(request, _opening_of(wish)), open_battle)
        except KeyReused as refusal:
            raise reused(refusal) from refusal
        except PromptRefused as refusal:
            raise ValidationError({"prompt": [str(refusal)]}) from refusal
        except ImageRefused as refusal:
            raise ValidationError({"image": [str(refusal)]}) from refusal
        except ContestantsRefused as refusal:
            raise ValidationError({"contestants": [str(refusal)]}) from refusal
        except TooManyBattles as refusal:
            raise _too_many(refusal) from refusal
        except (NoContestants, DecoderBusy) as refusal:
            raise Unavailable(str(refusal)) from refusal
        response = Response(
            battle_view(battle),
            status=status.HTTP_201_CREATED,
            headers={"Location": f"/api/v1/battles/{battle.pk}", **left},
        )
        remember(response, battle.voter)
        return response


def _open(request: Request, wish: Mapping[str, Any], prompt: str) -> Battle:
    image = _image(wish)
    voter = voter_of(caller(request))
    if consent.is_needed(voter.pk):
        consent.give(voter)
    by_program = key_of(request) is not None
    if chosen := wish.get("contestants"):
        battle = open_named(voter, prompt, chosen, image=image, by_program=by_program)
    else:
        battle = opening.open_battle(
            voter, prompt, image=image, may_publish=wish["publish"], by_program=by_program
        )
    meta = request._request.META
    device = None if by_program else device_of(meta)  # programs are no browsers
    note_origin(battle, network=network_of(meta), device=device)
    return battle


def _opening_of(wish: Mapping[str, Any]) -> dict[str, Any]:
    """What makes two requests to open a battle the same."""
    same = {name: wish.get(name) for name in ("prompt", "contestants", "publish", "image_alt")}
    if "image" in wish:
        same["image"] = hashlib.sha256(wish["image"].read()).hexdigest()
        wish["image"].seek(0)
    return same


def _image(wish: Mapping[str, Any]) -> NewImage | None:
    if "image" not in wish:
        return None
    with wish["image"] as file:  # its copy is gone before the image is decoded
        data = file.read()
    return checked(data, wish["image_alt"])


class BattleView(OfBattles):
    """One battle of the caller."""

    @extend_schema(responses={200: BATTLE, 404: _problem("No such battle for this voter.")})
    def get(self, request: Request, battle_id: uuid.UUID) -> Response:
        return _battle(request, battle_id)


class LiveView(OfBattles):
    """What is new in a battle whose answers are being written, for who can open no WebSocket.

    Answers once there is news, after twenty seconds at the latest. Ask again with `after`.
    """

    @extend_schema(
        parameters=[serializers.LiveQuerySerializer],
        responses={
            200: serializers.LiveSerializer,
            404: _problem("No such battle for this voter."),
            429: _problem("Too many requests of this caller wait for news."),
        },
    )
    def get(self, request: Request, battle_id: uuid.UUID) -> HttpResponse:
        query = serializers.LiveQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        theirs = Battle.objects.filter(of_voter(_known_caller(request)), pk=battle_id)
        if not theirs.exists():
            raise Http404("There is no such battle.")
        hand_over(request._request, _news(battle_id, query.validated_data["after"]))
        return HttpResponse(
            content_type="application/json", headers={"Cache-Control": "no-store, no-transform"}
        )


async def _news(battle_id: uuid.UUID, after: str) -> AsyncGenerator[bytes]:
    frames, cursor = await relay().poll(battle_id, after)
    yield orjson.dumps({"frames": frames, "cursor": cursor})


class TurnListView(OfBattles):
    """The conversation goes on."""

    @extend_schema(
        parameters=[HEADER],
        request=serializers.NewTurnSerializer,
        responses={
            201: BATTLE,
            400: _problem("The prompt cannot be answered as it is."),
            403: _problem("A proof of work is asked first."),
            404: _problem("No such battle for this voter."),
            409: _problem("Not open, too long already, or personal data that is not confirmed."),
            422: KEY_REUSED,
            429: _problem("Too often, or too many battles of this voter are running."),
        },
    )
    def post(self, request: Request, battle_id: uuid.UUID) -> Response:
        given = serializers.NewTurnSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        wish = given.validated_data
        looked_over(wish["prompt"], wish.get("personal_data"))
        ask = partial(continue_battle, prompt=wish["prompt"])
        key = request_key(request, {"prompt": wish["prompt"]})
        return _asked(request, battle_id, ask, wish.get("proof"), key)


class RegenerationView(OfBattles):
    """Both models answer the newest prompt anew."""

    @extend_schema(
        parameters=[HEADER],
        request=serializers.RegenerationSerializer,
        responses={
            201: BATTLE,
            403: _problem("A proof of work is asked first."),
            404: _problem("No such battle for this voter."),
            409: _problem("The battle is not open, or was answered anew often enough."),
            422: KEY_REUSED,
            429: _problem("Too often, or too many battles of this voter are running."),
        },
    )
    def post(self, request: Request, battle_id: uuid.UUID) -> Response:
        given = serializers.RegenerationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        key, proof = request_key(request, {}), given.validated_data.get("proof")
        return _asked(request, battle_id, regenerate, proof, key)


class StopView(OfBattles):
    """Both answers end where they are shown now."""

    @extend_schema(
        request=None,
        responses={
            200: BATTLE,
            404: _problem("No such battle for this voter."),
            409: _problem("Both answers have ended, or cannot be stopped at the moment."),
        },
    )
    def post(self, request: Request, battle_id: uuid.UUID) -> Response:
        try:
            stop_battle(_known_caller(request), battle_id)
        except BattleUnknown as refusal:
            raise Http404(str(refusal)) from refusal
        except TurnRefused as refusal:
            raise Conflict(str(refusal)) from refusal
        return _battle(request, battle_id)


def _known_caller(request: Request) -> uuid.UUID:
    voter_id = caller(request)
    if voter_id is None:
        raise Http404("There is no such battle.")
    return voter_id


def _asked(
    request: Request,
    battle_id: uuid.UUID,
    ask: Callable[[uuid.UUID, uuid.UUID], Battle],
    proof: str | None,
    key: RequestKey | None,
) -> Response:
    """Have both models asked once more in a battle of the caller."""
    voter_id = _known_caller(request)
    left: dict[str, str] = {}

    def ask_once_more() -> Battle:
        left.update(admit_opening(request, proof, is_new=False))
        return ask(voter_id, battle_id)

    try:
        perform_once(key, ask_once_more)
    except KeyReused as refusal:
        raise reused(refusal) from refusal
    except PromptRefused as refusal:
        raise ValidationError({"prompt": [str(refusal)]}) from refusal
    except BattleUnknown as refusal:
        raise Http404(str(refusal)) from refusal
    except TurnRefused as refusal:
        raise Conflict(str(refusal)) from refusal
    except TooManyBattles as refusal:
        raise _too_many(refusal) from refusal
    return _battle(request, battle_id, status.HTTP_201_CREATED, left)


def _too_many(refusal: TooManyBattles) -> Refused:
    return Refused(
        status.HTTP_429_TOO_MANY_REQUESTS, "battles-running", str(refusal), wait=RUNNING_SECONDS
    )


class VoteView(OfBattles):
    """The vote of a battle: one, and final."""

    @extend_schema(
        request=serializers.NewVoteSerializer,
        responses={
            201: BATTLE,
            200: OpenApiResponse(BATTLE, "The same vote was cast before."),
            400: _problem("Not an outcome, or not what a page may report."),
            404: _problem("No such battle for this voter."),
            409: _problem("The battle is unfinished, failed, or was voted otherwise."),
            429: _problem("Too often."),
        },
    )
    def post(self, request: Request, battle_id: uuid.UUID) -> Response:
        given = serializers.NewVoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        voter_id = _known_caller(request)
        left = admit(request, Action.VOTE)
        try:
            _, is_new = cast_vote(
                voter_id,
                battle_id,
                Outcome(given.validated_data["outcome"]),
                given.validated_data.get("attention"),
                networks=recent_pseudonyms(network_of(request._request.META)),
            )
        except BattleUnknown as refusal:
            raise Http404(str(refusal)) from refusal
        except VoteRefused as refusal:
            raise Conflict(str(refusal)) from refusal
        code = status.HTTP_201_CREATED if is_new else status.HTTP_200_OK
        return _battle(request, battle_id, code, left)


class ReactionView(OfBattles):
    """Why the caller voted so: optional, and changed as often as they like for a while."""

    @extend_schema(
        request=serializers.ReactionSerializer,
        responses={
            200: BATTLE,
            400: _problem("Not a trait, two that contradict each other, or too long a comment."),
            404: _problem("No such battle for this voter."),
            409: _problem("It was not voted on yet, or reactions are closed."),
            429: _problem("Too often."),
        },
    )
    def put(self, request: Request, battle_id: uuid.UUID) -> Response:
        given = serializers.ReactionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        voter_id = _known_caller(request)
        left = admit(request, Action.REACT)
        said = given.validated_data
        try:
            reactions.react(voter_id, battle_id, said["traits"], said["comment"])
        except reactions.Contradiction as refusal:
            raise ValidationError({"traits": [str(refusal)]}) from refusal
        except BattleUnknown as refusal:
            raise Http404(str(refusal)) from refusal
        except reactions.ReactionRefused as refusal:
            raise Conflict(str(refusal)) from refusal
        return _battle(request, battle_id, status.HTTP_200_OK, left)


class ReportListView(OfBattles):
    """Have moderators look at an answer of one's own battle."""

    @extend_schema(
        request=serializers.ReportSerializer,
        responses={
            201: serializers.ReportSerializer,
            400: _problem("Not a reason, or too long a comment."),
            404: _problem("No such battle for this voter."),
            409: _problem("Its answers are still being shown."),
            429: _problem("Too often."),
        },
    )
    def post(self, request: Request, battle_id: uuid.UUID) -> Response:
        given = serializers.ReportSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        voter_id = _known_caller(request)
        left = admit(request, Action.REPORT)
        try:
            reactions.report(voter_id, battle_id, **given.validated_data)
        except BattleUnknown as refusal:
            raise Http404(str(refusal)) from refusal
        except reactions.ReactionRefused as refusal:
            raise Conflict(str(refusal)) from refusal
        return Response(given.validated_data, status=status.HTTP_201_CREATED, headers=left)


def _battle(
    request: Request,
    battle_id: uuid.UUID,
    code: int = status.HTTP_200_OK,
    headers: Mapping[str, str] = MappingProxyType({}),
) -> Response:
    battle = battle_of(caller(request), battle_id)
    if battle is None:
        raise Http404("There is no such battle.")
    headers = {"Cache-Control": "no-store", **headers}
    return Response(battle_view(battle), status=code, headers=headers)


class BoardListView(generics.ListAPIView[Board]):
    """Every board that has votes, and the overall one."""

    queryset = boards()
    serializer_class = serializers.BoardSerializer


def _variant(request: Request) -> tuple[Style, Window]:
    """The leaderboard that the query asks for."""
    query = serializers.VariantSerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    return Style(query.validated_data["style"]), Window(query.validated_data["window"])


def _page(request: Request) -> tuple[int | None, int]:
    """Cursor and limit of the query."""
    query = PageQuerySerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    return query.validated_data.get("cursor"), query.validated_data["limit"]


def _next(request: Request, page: Sequence[Model], limit: int) -> str | None:
    """The address of the next page of a list by ids."""
    return next_address(request, page[-1].pk if len(page) == limit else None)


BAD_QUERY = _problem("The query is not valid; the document says where.")


class LeaderboardView(APIView):
    """A board's ratings as last fitted."""

    @extend_schema(
        parameters=[serializers.VariantSerializer, serializers.FieldsSerializer],
        responses={
            200: serializers.LeaderboardSerializer,
            400: BAD_QUERY,
            404: _problem("No such board."),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        style, window = _variant(request)
        shown = leaderboard(get_object_or_404(Board, slug=slug), style, window)
        context = {"request": request}
        response = Response(serializers.LeaderboardSerializer(shown, context=context).data)
        if shown.updated_at and not request.query_params.get("fields"):
            response["Last-Modified"] = http_date(shown.updated_at.timestamp())
        return response


class SnapshotView(APIView):
    """The newest published snapshot of a leaderboard: all it takes to recompute it."""

    @extend_schema(
        parameters=[serializers.VariantSerializer],
        responses={
            200: serializers.SnapshotSerializer,
            400: BAD_QUERY,
            404: _problem("No such board, or it was not published yet."),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        style, window = _variant(request)
        snapshot = latest_snapshot(get_object_or_404(Board, slug=slug), style, window)
        if snapshot is None:
            raise Http404("This leaderboard was not published yet.")
        response = Response(proven(snapshot))
        response["Last-Modified"] = http_date(snapshot.published_at.timestamp())
        return response


class SnapshotListView(APIView):
    """Every published snapshot of a leaderboard, the newest first."""

    @extend_schema(
        parameters=[serializers.VariantSerializer, PageQuerySerializer],
        responses={
            200: serializers.SnapshotListSerializer,
            400: BAD_QUERY,
            404: _problem("No such board."),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        style, window = _variant(request)
        cursor, limit = _page(request)
        listed = snapshots(get_object_or_404(Board, slug=slug), style, window)
        if cursor is not None:
            listed = listed.filter(pk__lt=cursor)
        page = list(listed[:limit])
        shown = {"results": page, "next": _next(request, page, limit)}
        return Response(serializers.SnapshotListSerializer(shown).data)


class AnySnapshotView(APIView):
    """A published snapshot by its id: all it takes to recompute it. It never changes."""

    @extend_schema(
        responses={200: serializers.SnapshotSerializer, 404: _problem("No such snapshot.")}
    )
    def get(self, request: Request, snapshot_id: int) -> Response:
        known = Snapshot.objects.select_related("board", "link__key")
        snapshot = get_object_or_404(known, pk=min(snapshot_id, LARGEST))
        response = Response(proven(snapshot))
        response["Last-Modified"] = http_date(snapshot.published_at.timestamp())
        return response


class MatrixView(APIView):
    """How often each outcome of each pair was counted on a board."""

    @extend_schema(
        parameters=[serializers.WindowSerializer],
        responses={
            200: serializers.MatrixSerializer,
            400: BAD_QUERY,
            404: _problem("No such board."),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        query = serializers.WindowSerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        board = get_object_or_404(Board, slug=slug)
        pairs = win_matrix(board, Window(query.validated_data["window"]))
        shown = {"board": board.slug, **query.validated_data, "pairs": pairs}
        return Response(serializers.MatrixSerializer(shown).data)


class MethodologyView(APIView):
    """The constants in force: everything a rating depends on besides the votes; and changes."""

    @extend_schema(responses={200: serializers.MethodologySerializer})
    def get(self, request: Request) -> Response:
        shown = {
            **constants(),
            "weights": request.build_absolute_uri(reverse("pages:weights")),
            "version": CHANGES[0].version,
            "changes": CHANGES,
        }
        return Response(serializers.MethodologySerializer(shown).data)


class StatusView(APIView):
    """How the arena is: what counts, and how the votes of today (UTC) stand."""

    @extend_schema(responses={200: serializers.StatusSerializer})
    def get(self, request: Request) -> Response:
        midnight = timezone.now().replace(hour=0, minute=0, second=0, microsecond=0)
        today = standings_since(midnight)
        votes = sum(today.values())
        shown = {
            "counted": vote_count(),
            "today": {"votes": votes, **today},
            "held_share": today["held"] / votes if votes else None,
            "program_votes": program_votes(),
            "contestants": drawable_contestants().count(),
            "last_link": Link.objects.order_by("-number").values_list("number", flat=True).first(),
        }
        return Response(serializers.StatusSerializer(shown).data)


class ChainView(APIView):
    """The chain of everything that was published: signed links, in order."""

    @extend_schema(
        parameters=[serializers.ChainQuerySerializer],
        responses={200: serializers.ChainSerializer, 400: _problem("Not a number of a link.")},
    )
    def get(self, request: Request) -> Response:
        query = serializers.ChainQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        limit = query.validated_data["limit"]
        links = list(islice(chain(after=query.validated_data["after"]), limit))
        further = None
        if len(links) == limit:
            further = replace_query_param(
                request.build_absolute_uri(), "after", links[-1]["number"]
            )
        return Response({"links": links, "next": further})


class KeysView(APIView):
    """The keys that sign the chain; each but the first was named by the one before it."""

    @extend_schema(responses={200: serializers.KeysSerializer})
    def get(self, request: Request) -> Response:
        return Response(keys_document())


class OldKeysView(KeysView):
    """The same as `/.well-known/blind-arena-keys.json`."""

    @extend_schema(deprecated=True, responses={200: serializers.KeysSerializer})
    def get(self, request: Request) -> Response:
        return super().get(request)


class ExportListView(APIView):
    """The published exports of all votes, the newest first; files are below /exports/NAME/."""

    @extend_schema(
        parameters=[PageQuerySerializer],
        responses={200: serializers.ExportListSerializer, 400: BAD_QUERY},
    )
    def get(self, request: Request) -> Response:
        cursor, limit = _page(request)
        kept = [export for export in exports() if cursor is None or export.pk < cursor]
        page = kept[:limit]
        shown = {"results": page, "next": _next(request, page, limit)}
        return Response(serializers.ExportListSerializer(shown).data)


class ExportedVoteListView(APIView):
    """The votes of an export, a page at a time, for who wants to look; its files have them all."""

    @extend_schema(
        parameters=[serializers.ExportedVoteQuerySerializer],
        responses={
            200: serializers.ExportedVoteListSerializer,
            400: BAD_QUERY,
            404: _problem("There is no such export, or it is no longer kept."),
        },
    )
    def get(self, request: Request, name: str) -> Response:
        query = serializers.ExportedVoteQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        begin, limit = query.validated_data.get("cursor", 0), query.validated_data["limit"]
        counted = query.validated_data["counted"]
        export = get_object_or_404(Export, name=name)
        try:
            votes = votes_of(export, counted=counted, begin=begin, number=limit)
        except FileNotFoundError as error:
            raise Http404("This export is no longer kept.") from error
        further = begin + limit if len(votes) == limit else None
        return Response({"results": votes, "next": next_address(request, further)})


class SamplingView(APIView):
    """How often each contestant is in a battle: by chance now, and in the last 30 days."""

    @extend_schema(responses={200: serializers.SamplingRateSerializer(many=True)})
    def get(self, request: Request) -> Response:
        rates = sampling_rates()
        contestants = Contestant.objects.filter(pk__in=rates).order_by("slug")
        return Response(
            [
                {"contestant": slug, **asdict(rates[pk])}
                for pk, slug in contestants.values_list("pk", "slug")
            ]
        )


@extend_schema_view(
    get=extend_schema(
        parameters=[serializers.FieldsSerializer],
        responses={
            200: serializers.ContestantSerializer(many=True),
            400: _problem("There is no such field or state."),
        },
    )
)
class ContestantListView(generics.ListAPIView[Contestant]):
    """Every contestant that competes or ever competed."""

    queryset = public_contestants().prefetch_related("state_changes", "endpoint_changes")
    serializer_class = serializers.ContestantSerializer
    filter_backends = [DjangoFilterBackend, OrderingFilter]
    filterset_fields = ["state", "organisation", "licence"]
    ordering_fields = ["slug", "name", "organisation", "created_at"]


@extend_schema_view(
    get=extend_schema(
        parameters=[serializers.FieldsSerializer],
        responses={
            200: serializers.ContestantSerializer,
            400: _problem("There is no such field."),
            404: _problem("No such contestant."),
        },
    )
)
class ContestantView(generics.RetrieveAPIView[Contestant]):
    """One contestant."""

    queryset = public_contestants().prefetch_related("state_changes", "endpoint_changes")
    serializer_class = serializers.ContestantSerializer
    lookup_field = "slug"


class HistoryView(APIView):
    """A contestant's published ratings on a leaderboard, and how often it was sampled."""

    @extend_schema(
        parameters=[serializers.HistoryQuerySerializer, PageQuerySerializer],
        responses={
            200: serializers.HistorySerializer,
            400: BAD_QUERY,
            404: _problem("No such contestant."),
        },
    )
    def get(self, request: Request, slug: str) -> Response:
        style, window = _variant(request)
        cursor, limit = _page(request)
        query = serializers.HistoryQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        board = query.validated_data.get("board") or Board.objects.get(slug=OVERALL)
        contestant = get_object_or_404(public_contestants(), slug=slug)
        points = history(contestant, board, style, window, before=cursor, number=limit)
        oldest = min((point.snapshot_id for point in points), default=None)
        return Response(
            serializers.HistorySerializer(
                {
                    "contestant": contestant.slug,
                    "board": board.slug,
                    "style": style,
                    "window": window,
                    "points": points,
                    "next": next_address(request, oldest if len(points) == limit else None),
                    "sampled_days": sampled_days(contestant, query.validated_data["days"]),
                }
            ).data
        )
