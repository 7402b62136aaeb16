from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET, Unset
from ... import errors

from ...models.exported_vote_list import ExportedVoteList
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    name: str,
    *,
    counted: bool | Unset = True,
    cursor: int | Unset = UNSET,
    limit: int | Unset = 100,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["counted"] = counted

    params["cursor"] = cursor

    params["limit"] = limit

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/exports/{name}/votes".format(
            name=quote(str(name), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> ExportedVoteList | Problem | None:
    if response.status_code == 200:
        response_200 = ExportedVoteList.from_dict(response.json())

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

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
) -> Response[ExportedVoteList | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    name: str,
    *,
    client: AuthenticatedClient | Client,
    counted: bool | Unset = True,
    cursor: int | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[ExportedVoteList | Problem]:
    """The votes of an export, a page at a time, for who wants to look; its files have them all.

    Args:
        name (str):
        counted (bool | Unset):  Default: True.
        cursor (int | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ExportedVoteList | Problem]
    """

    kwargs = _get_kwargs(
        name=name,
        counted=counted,
        cursor=cursor,
        limit=limit,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    name: str,
    *,
    client: AuthenticatedClient | Client,
    counted: bool | Unset = True,
    cursor: int | Unset = UNSET,
    limit: int | Unset = 100,
) -> ExportedVoteList | Problem | None:
    """The votes of an export, a page at a time, for who wants to look; its files have them all.

    Args:
        name (str):
        counted (bool | Unset):  Default: True.
        cursor (int | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ExportedVoteList | Problem
    """

    return sync_detailed(
        name=name,
        client=client,
        counted=counted,
        cursor=cursor,
        limit=limit,
    ).parsed


async def asyncio_detailed(
    name: str,
    *,
    client: AuthenticatedClient | Client,
    counted: bool | Unset = True,
    cursor: int | Unset = UNSET,
    limit: int | Unset = 100,
) -> Response[ExportedVoteList | Problem]:
    """The votes of an export, a page at a time, for who wants to look; its files have them all.

    Args:
        name (str):
        counted (bool | Unset):  Default: True.
        cursor (int | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[ExportedVoteList | Problem]
    """

    kwargs = _get_kwargs(
        name=name,
        counted=counted,
        cursor=cursor,
        limit=limit,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    name: str,
    *,
    client: AuthenticatedClient | Client,
    counted: bool | Unset = True,
    cursor: int | Unset = UNSET,
    limit: int | Unset = 100,
) -> ExportedVoteList | Problem | None:
    """The votes of an export, a page at a time, for who wants to look; its files have them all.

    Args:
        name (str):
        counted (bool | Unset):  Default: True.
        cursor (int | Unset):
        limit (int | Unset):  Default: 100.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        ExportedVoteList | Problem
    """

    return (
        await asyncio_detailed(
            name=name,
            client=client,
            counted=counted,
            cursor=cursor,
            limit=limit,
        )
    ).parsed
