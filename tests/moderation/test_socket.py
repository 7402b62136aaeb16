"""The live queue."""

import json

import pytest
from asgiref.sync import sync_to_async
from asgiref.testing import ApplicationCommunicator
from django.contrib.auth.models import AnonymousUser

from arena.moderation.cases.review import claim_case
from arena.moderation.consumers import QueueConsumer
from arena.moderation.models import Case
from tests.moderation.conftest import Moderator
from tests.speed import seconds


async def opened(user: object) -> ApplicationCommunicator:
    """The socket of a page that this user opened."""
    scope = {"type": "websocket", "path": "/ws/moderation/", "user": user}
    socket = ApplicationCommunicator(QueueConsumer.as_asgi(), scope)
    await socket.send_input({"type": "websocket.connect"})
    assert (await socket.receive_output(seconds(60)))["type"] == "websocket.accept"
    return socket


async def next_frame(socket: ApplicationCommunicator) -> object:
    return json.loads((await socket.receive_output(seconds(60)))["text"])


@pytest.mark.django_db(transaction=True)
async def test_the_socket_of_a_moderator_sends_a_frame_for_every_change(
    moderator: Moderator,
) -> None:
    ann = await sync_to_async(moderator)("ann")
    case = await sync_to_async(Case.objects.create)(kind="preference")
    socket = await opened(ann)
    assert await next_frame(socket) == {"type": "queue"}
    await sync_to_async(claim_case)(case.pk, ann)
    assert await next_frame(socket) == {"type": "queue"}
    await socket.send_input({"type": "websocket.disconnect", "code": 1000})
    await socket.wait(seconds(60))


@pytest.mark.django_db(transaction=True)
async def test_the_socket_refuses_everybody_else() -> None:
    socket = await opened(AnonymousUser())
    assert await socket.receive_output(seconds(60)) == {"type": "websocket.close", "code": 4404}
    await socket.send_input({"type": "websocket.disconnect", "code": 4404})
    await socket.wait(seconds(60))
