"""Vote in a battle, say why, report what others wrote."""

import uuid

from drf_spectacular.utils import OpenApiResponse, extend_schema
from rest_framework import status
from rest_framework.request import Request
from rest_framework.response import Response

from arena.api.gates import admit, visitor_of
from arena.api.v1.battles.access import BATTLE, BattleAPIView, battle_response, known_caller
from arena.api.v1.battles.serializers import NewVoteSerializer, ReactionSerializer, ReportSerializer
from arena.api.v1.described import problem_response
from arena.battles.reading.battle_view import battle_view
from arena.battles.voting import reactions
from arena.battles.voting.cast import cast_vote
from arena.leaderboards.models import Outcome
from arena.voters.throttling.limits import Action


class VoteView(BattleAPIView):
    """The vote of a battle: one, and final."""

    @extend_schema(
        request=NewVoteSerializer,
        responses={
            201: BATTLE,
            200: OpenApiResponse(BATTLE, "The same vote was cast before."),
            400: problem_response("Not an outcome, or not what a page may report."),
            404: problem_response("No such battle for this voter."),
            409: problem_response("The battle is unfinished, failed, or was voted otherwise."),
            429: problem_response("Too often."),
        },
    )
    def post(self, request: Request, battle_id: uuid.UUID) -> Response:
        given = NewVoteSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        voter_id, visitor = known_caller(request), visitor_of(request)
        left = admit(request, Action.VOTE)
        cast = cast_vote(
            voter_id,
            battle_id,
            Outcome(given.validated_data["outcome"]),
            given.validated_data.get("attention"),
            networks=visitor.keys.lately(visitor.network),
        )
        if not cast.is_new:
            return battle_response(request, battle_id, status.HTTP_200_OK, left)
        return Response(
            battle_view(cast.battle, cast.report),
            status=status.HTTP_201_CREATED,
            headers={"Cache-Control": "no-store", **left},
        )


class ReactionView(BattleAPIView):
    """Why the caller voted so: optional, and changed as often as they like for a while."""

    @extend_schema(
        request=ReactionSerializer,
        responses={
            200: BATTLE,
            400: problem_response(
                "Not a trait, two that contradict each other, or too long a comment."
            ),
            404: problem_response("No such battle for this voter."),
            409: problem_response("It was not voted on yet, or reactions are closed."),
            429: problem_response("Too often."),
        },
    )
    def put(self, request: Request, battle_id: uuid.UUID) -> Response:
        given = ReactionSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        voter_id = known_caller(request)
        left = admit(request, Action.REACT)
        said = given.validated_data
        reactions.react(voter_id, battle_id, said["traits"], said["comment"])
        return battle_response(request, battle_id, status.HTTP_200_OK, left)


class ReportListView(BattleAPIView):
    """Have moderators look at an answer of one's own battle."""

    @extend_schema(
        request=ReportSerializer,
        responses={
            201: ReportSerializer,
            400: problem_response("Not a reason, or too long a comment."),
            404: problem_response("No such battle for this voter."),
            409: problem_response("Its answers are still being shown."),
            429: problem_response("Too often."),
        },
    )
    def post(self, request: Request, battle_id: uuid.UUID) -> Response:
        given = ReportSerializer(data=request.data)
        given.is_valid(raise_exception=True)
        voter_id = known_caller(request)
        left = admit(request, Action.REPORT)
        reactions.report(voter_id, battle_id, **given.validated_data)
        return Response(given.validated_data, status=status.HTTP_201_CREATED, headers=left)
