"""Open a battle, follow it, go on with it."""

import hashlib
import uuid
from collections.abc import AsyncGenerator, Callable, Mapping
from functools import partial
from typing import Any

import orjson
from django.http import Http404, HttpResponse
from drf_spectacular.utils import extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from arena.api.authentication import calling_voter, key_of
from arena.api.gates import (
    admit_opening,
    require_consent,
    require_not_banned,
    require_pii_confirmation,
    visitor_of,
)
from arena.api.idempotency import HEADER, request_key
from arena.api.parsers import JSONParser, MultiPartParser
from arena.api.v1.battles.access import (
    BATTLE,
    BattleAPIView,
    battle_response,
    known_caller,
)
from arena.api.v1.battles.serializers import (
    LiveQuerySerializer,
    LiveSerializer,
    NewBattleFormSerializer,
    NewBattleSerializer,
    NewTurnSerializer,
    RegenerationSerializer,
)
from arena.api.v1.described import problem_response
from arena.battles import opening
from arena.battles.admission import read_admission
from arena.battles.asking import checked_prompt
from arena.battles.live.relay import relay
from arena.battles.models import Battle
from arena.battles.opening import (
    check_takes_images,
    names_of_origin,
    open_named,
)
from arena.battles.prompts.images import NewImage, checked
from arena.battles.reading.battle_view import battle_view
from arena.battles.repeats.idempotency import perform_once
from arena.battles.repeats.request_key import RequestKey
from arena.battles.turns import continue_battle, regenerate, stop_battle
from arena.common.handover import hand_over
from arena.voters.identity import remember
from arena.voters.origin.client_signature import client_signature

KEY_REUSED = problem_response("The Idempotency-Key was used for another request.")


class BattleListView(BattleAPIView):
    """Open a battle. One opened with a key is a program's: its vote counts on no board."""

    parser_classes = [JSONParser, MultiPartParser]

    @extend_schema(
        parameters=[HEADER],
        request={
            "application/json": NewBattleSerializer,
            "multipart/form-data": NewBattleFormSerializer,
        },
        responses={
            201: BATTLE,
            400: problem_response(
                "The prompt cannot be answered, or the chosen models cannot be asked."
            ),
            403: problem_response(
                "The CSRF token is wrong, the caller's network is banned for a time, or consent or"
                " a proof of work is asked first."
            ),
            409: problem_response(
                "The prompt seems to hold personal data, and nobody has confirmed it."
            ),
            413: problem_response("More than the site takes at once."),
            422: KEY_REUSED,
            429: problem_response("Too often, or too many battles of this voter are running."),
            503: problem_response("Fewer than two models are available."),
        },
    )
    def post(self, request: Request) -> Response:
        given = NewBattleFormSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        key = request_key(request, _opening_of(data))
        left: dict[str, str] = {}

        def open_battle() -> Battle:
            prompt = checked_prompt(data["prompt"])
            visitor, voter = visitor_of(request), calling_voter(request)
            admission = read_admission(voter, visitor.network, visitor.keys)
            require_not_banned(admission)
            gives_consent = require_consent(admission, data.get("consent"))
            require_pii_confirmation(prompt, data.get("personal_data"))
            if "image" in data:
                check_takes_images(data.get("contestants", ()))
            is_newcomer = admission.pays_as_newcomer
            left.update(admit_opening(request, data.get("proof"), pays_as_newcomer=is_newcomer))
            return _open(request, data, prompt, gives_consent=gives_consent, key=key)

        battle = perform_once(key, open_battle)
        response = Response(
            battle_view(battle),
            status=status.HTTP_201_CREATED,
            headers={"Location": f"/api/v1/battles/{battle.pk}", **left},
        )
        remember(response, battle.voter)
        return response


def _open(
    request: Request,
    data: Mapping[str, Any],
    prompt: str,
    *,
    gives_consent: bool,
    key: RequestKey | None,
) -> Battle:
    image = _image(data)
    visitor, voter = visitor_of(request), calling_voter(request)
    by_program = key_of(request) is not None
    # Programs are no browsers.
    client = None if by_program else client_signature(request._request.META)
    network_name, client_name = names_of_origin(visitor.keys, visitor.network, client)
    given = opening.Request(
        by_program=by_program,
        gives_consent=gives_consent,
        network=network_name,
        client_signature=client_name,
        key=key,
    )
    if chosen := data.get("contestants"):
        return open_named(voter, prompt, chosen, image=image, request=given)
    return opening.open_battle(
        voter, prompt, image=image, may_publish=data["publish"], request=given
    )


def _opening_of(data: Mapping[str, Any]) -> dict[str, Any]:
    """What makes two requests to open a battle the same."""
    same = {name: data.get(name) for name in ("prompt", "contestants", "publish", "image_alt")}
    if "image" in data:
        same["image"] = hashlib.sha256(data["image"].read()).hexdigest()
        data["image"].seek(0)
    return same


def _image(data: Mapping[str, Any]) -> NewImage | None:
    if "image" not in data:
        return None
    with data["image"] as file:  # its copy is gone before the image is decoded
        content = file.read()
    return checked(content, data["image_alt"])


class BattleView(BattleAPIView):
    """One battle of the caller."""

    @extend_schema(responses={200: BATTLE, 404: problem_response("No such battle for this voter.")})
    def get(self, request: Request, battle_id: uuid.UUID) -> Response:
        return battle_response(request, battle_id)


class LiveView(BattleAPIView):
    """What is new in a battle whose answers are being written, for who can open no WebSocket.

    Answers once there is news, after twenty seconds at the latest. Ask again with `after`.
    """

    @extend_schema(
        parameters=[LiveQuerySerializer],
        responses={
            200: LiveSerializer,
            404: problem_response("No such battle for this voter."),
            429: problem_response("Too many requests of this caller wait for news."),
        },
    )
    def get(self, request: Request, battle_id: uuid.UUID) -> HttpResponse:
        query = LiveQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        theirs = Battle.objects.of_person(known_caller(request)).filter(pk=battle_id)
        if not theirs.exists():
            raise Http404("There is no such battle.")
        hand_over(request._request, _news(battle_id, query.validated_data["after"]))
        return HttpResponse(
            content_type="application/json", headers={"Cache-Control": "no-store, no-transform"}
        )


async def _news(battle_id: uuid.UUID, after: str) -> AsyncGenerator[bytes]:
    frames, cursor = await relay().poll(battle_id, after)
    yield orjson.dumps({"frames": frames, "cursor": cursor})


class TurnListView(BattleAPIView):
    """The conversation goes on."""

    @extend_schema(
        parameters=[HEADER],
        request=NewTurnSerializer,
        responses={
            201: BATTLE,
            400: problem_response("The prompt cannot be answered as it is."),
            403: problem_response("A proof of work is asked first."),
            404: problem_response("No such battle for this voter."),
            409: problem_response(
                "Not open, too long already, or personal data that is not confirmed."
            ),
            422: KEY_REUSED,
            429: problem_response("Too often, or too many battles of this voter are running."),
        },
    )
    def post(self, request: Request, battle_id: uuid.UUID) -> Response:
        given = NewTurnSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        data = given.validated_data
        require_pii_confirmation(data["prompt"], data.get("personal_data"))
        key = request_key(request, {"prompt": data["prompt"]})
        ask = partial(continue_battle, prompt=data["prompt"], key=key)
        return _rerun(request, battle_id, ask, data.get("proof"), key)


class RegenerationView(BattleAPIView):
    """Both models answer the newest prompt again."""

    @extend_schema(
        parameters=[HEADER],
        request=RegenerationSerializer,
        responses={
            201: BATTLE,
            403: problem_response("A proof of work is asked first."),
            404: problem_response("No such battle for this voter."),
            409: problem_response("The battle is not open, or has used up its further answers."),
            422: KEY_REUSED,
            429: problem_response("Too often, or too many battles of this voter are running."),
        },
    )
    def post(self, request: Request, battle_id: uuid.UUID) -> Response:
        given = RegenerationSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        key, proof = request_key(request, {}), given.validated_data.get("proof")
        return _rerun(request, battle_id, partial(regenerate, key=key), proof, key)


class StopView(BattleAPIView):
    """Both answers end where they are shown now."""

    @extend_schema(
        request=None,
        responses={
            200: BATTLE,
            404: problem_response("No such battle for this voter."),
            409: problem_response("Both answers have ended, or cannot be stopped at the moment."),
        },
    )
    def post(self, request: Request, battle_id: uuid.UUID) -> Response:
        stop_battle(known_caller(request), battle_id)
        return battle_response(request, battle_id)


def _rerun(
    request: Request,
    battle_id: uuid.UUID,
    ask: Callable[[uuid.UUID, uuid.UUID], Battle],
    proof: str | None,
    key: RequestKey | None,
) -> Response:
    """Have both models asked once more in a battle of the caller."""
    voter_id = known_caller(request)
    left: dict[str, str] = {}

    def ask_once_more() -> Battle:
        left.update(admit_opening(request, proof))
        return ask(voter_id, battle_id)

    perform_once(key, ask_once_more)
    return battle_response(request, battle_id, status.HTTP_201_CREATED, left)
