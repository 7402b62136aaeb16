from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET, Unset
from ... import errors

from ...models.live import Live
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast
from uuid import UUID


def _get_kwargs(
    battle_id: UUID,
    *,
    after: str | Unset = "",
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["after"] = after

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/battles/{battle_id}/live".format(
            battle_id=quote(str(battle_id), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Live | Problem | None:
    if response.status_code == 200:
        response_200 = Live.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Live | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    battle_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    after: str | Unset = "",
) -> Response[Live | Problem]:
    """What is new in a battle whose answers are being written, for who can open no WebSocket.

    Answers once there is news, after twenty seconds at the latest. Ask again with `after`.

    Args:
        battle_id (UUID):
        after (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Live | Problem]
    """

    kwargs = _get_kwargs(
        battle_id=battle_id,
        after=after,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    battle_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    after: str | Unset = "",
) -> Live | Problem | None:
    """What is new in a battle whose answers are being written, for who can open no WebSocket.

    Answers once there is news, after twenty seconds at the latest. Ask again with `after`.

    Args:
        battle_id (UUID):
        after (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Live | Problem
    """

    return sync_detailed(
        battle_id=battle_id,
        client=client,
        after=after,
    ).parsed


async def asyncio_detailed(
    battle_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    after: str | Unset = "",
) -> Response[Live | Problem]:
    """What is new in a battle whose answers are being written, for who can open no WebSocket.

    Answers once there is news, after twenty seconds at the latest. Ask again with `after`.

    Args:
        battle_id (UUID):
        after (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Live | Problem]
    """

    kwargs = _get_kwargs(
        battle_id=battle_id,
        after=after,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    battle_id: UUID,
    *,
    client: AuthenticatedClient | Client,
    after: str | Unset = "",
) -> Live | Problem | None:
    """What is new in a battle whose answers are being written, for who can open no WebSocket.

    Answers once there is news, after twenty seconds at the latest. Ask again with `after`.

    Args:
        battle_id (UUID):
        after (str | Unset):  Default: ''.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Live | Problem
    """

    return (
        await asyncio_detailed(
            battle_id=battle_id,
            client=client,
            after=after,
        )
    ).parsed
