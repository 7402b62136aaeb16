"""What all addresses of battles share."""

import uuid
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.http import Http404
from rest_framework import status
from rest_framework.exceptions import PermissionDenied
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from arena.api.authentication import caller, key_of
from arena.api.models import Scope
from arena.api.v1.battles.serializers import BattleSerializer
from arena.battles.models import Battle
from arena.battles.reading.battle_view import battle_of, battle_view

BATTLE = BattleSerializer


class BattleAPIView(APIView):
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


def known_caller(request: Request) -> uuid.UUID:
    voter_id = caller(request)
    if voter_id is None:
        raise Http404("There is no such battle.")
    return voter_id


def battle_response(
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
