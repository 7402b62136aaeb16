from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET, Unset
from ... import errors

from ...models.battle import Battle
from ...models.problem import Problem
from typing import cast
from uuid import UUID


def _get_kwargs(
    battle_id: UUID,
) -> dict[str, Any]:

    _kwargs: dict[str, Any] = {
        "method": "post",
        "url": "/api/v1/battles/{battle_id}/stop".format(
            battle_id=quote(str(battle_id), safe=""),
        ),
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Battle | Problem | None:
    if response.status_code == 200:
        response_200 = Battle.from_dict(response.json())

        return response_200

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 404:
        response_404 = Problem.from_dict(response.json())

        return response_404

    if response.status_code == 409:
        response_409 = Problem.from_dict(response.json())

        return response_409

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Battle | Problem]:
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
) -> Response[Battle | Problem]:
    """Both answers end where they are shown now.

    Args:
        battle_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Battle | Problem]
    """

    kwargs = _get_kwargs(
        battle_id=battle_id,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    battle_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Battle | Problem | None:
    """Both answers end where they are shown now.

    Args:
        battle_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Battle | Problem
    """

    return sync_detailed(
        battle_id=battle_id,
        client=client,
    ).parsed


async def asyncio_detailed(
    battle_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Response[Battle | Problem]:
    """Both answers end where they are shown now.

    Args:
        battle_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Battle | Problem]
    """

    kwargs = _get_kwargs(
        battle_id=battle_id,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    battle_id: UUID,
    *,
    client: AuthenticatedClient | Client,
) -> Battle | Problem | None:
    """Both answers end where they are shown now.

    Args:
        battle_id (UUID):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Battle | Problem
    """

    return (
        await asyncio_detailed(
            battle_id=battle_id,
            client=client,
        )
    ).parsed
