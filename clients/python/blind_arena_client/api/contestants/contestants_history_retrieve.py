from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET, Unset
from ... import errors

from ...models.contestants_history_retrieve_style import ContestantsHistoryRetrieveStyle
from ...models.contestants_history_retrieve_window import (
    ContestantsHistoryRetrieveWindow,
)
from ...models.history import History
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    slug: str,
    *,
    board: str | Unset = UNSET,
    cursor: int | Unset = UNSET,
    days: int | Unset = 30,
    limit: int | Unset = 100,
    style: ContestantsHistoryRetrieveStyle
    | Unset = ContestantsHistoryRetrieveStyle.PLAIN,
    window: ContestantsHistoryRetrieveWindow
    | Unset = ContestantsHistoryRetrieveWindow.ALL,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["board"] = board

    params["cursor"] = cursor

    params["days"] = days

    params["limit"] = limit

    json_style: str | Unset = UNSET
    if not isinstance(style, Unset):
        json_style = style.value

    params["style"] = json_style

    json_window: str | Unset = UNSET
    if not isinstance(window, Unset):
        json_window = window.value

    params["window"] = json_window

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/contestants/{slug}/history".format(
            slug=quote(str(slug), safe=""),
        ),
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> History | Problem | None:
    if response.status_code == 200:
        response_200 = History.from_dict(response.json())

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
) -> Response[History | Problem]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    slug: str,
    *,
    client: AuthenticatedClient | Client,
    board: str | Unset = UNSET,
    cursor: int | Unset = UNSET,
    days: int | Unset = 30,
    limit: int | Unset = 100,
    style: ContestantsHistoryRetrieveStyle
    | Unset = ContestantsHistoryRetrieveStyle.PLAIN,
    window: ContestantsHistoryRetrieveWindow
    | Unset = ContestantsHistoryRetrieveWindow.ALL,
) -> Response[History | Problem]:
    """A contestant's published ratings on a leaderboard, and how often it was sampled.

    Args:
        slug (str):
        board (str | Unset):
        cursor (int | Unset):
        days (int | Unset):  Default: 30.
        limit (int | Unset):  Default: 100.
        style (ContestantsHistoryRetrieveStyle | Unset):  Default:
            ContestantsHistoryRetrieveStyle.PLAIN.
        window (ContestantsHistoryRetrieveWindow | Unset):  Default:
            ContestantsHistoryRetrieveWindow.ALL.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[History | Problem]
    """

    kwargs = _get_kwargs(
        slug=slug,
        board=board,
        cursor=cursor,
        days=days,
        limit=limit,
        style=style,
        window=window,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    slug: str,
    *,
    client: AuthenticatedClient | Client,
    board: str | Unset = UNSET,
    cursor: int | Unset = UNSET,
    days: int | Unset = 30,
    limit: int | Unset = 100,
    style: ContestantsHistoryRetrieveStyle
    | Unset = ContestantsHistoryRetrieveStyle.PLAIN,
    window: ContestantsHistoryRetrieveWindow
    | Unset = ContestantsHistoryRetrieveWindow.ALL,
) -> History | Problem | None:
    """A contestant's published ratings on a leaderboard, and how often it was sampled.

    Args:
        slug (str):
        board (str | Unset):
        cursor (int | Unset):
        days (int | Unset):  Default: 30.
        limit (int | Unset):  Default: 100.
        style (ContestantsHistoryRetrieveStyle | Unset):  Default:
            ContestantsHistoryRetrieveStyle.PLAIN.
        window (ContestantsHistoryRetrieveWindow | Unset):  Default:
            ContestantsHistoryRetrieveWindow.ALL.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        History | Problem
    """

    return sync_detailed(
        slug=slug,
        client=client,
        board=board,
        cursor=cursor,
        days=days,
        limit=limit,
        style=style,
        window=window,
    ).parsed


async def asyncio_detailed(
    slug: str,
    *,
    client: AuthenticatedClient | Client,
    board: str | Unset = UNSET,
    cursor: int | Unset = UNSET,
    days: int | Unset = 30,
    limit: int | Unset = 100,
    style: ContestantsHistoryRetrieveStyle
    | Unset = ContestantsHistoryRetrieveStyle.PLAIN,
    window: ContestantsHistoryRetrieveWindow
    | Unset = ContestantsHistoryRetrieveWindow.ALL,
) -> Response[History | Problem]:
    """A contestant's published ratings on a leaderboard, and how often it was sampled.

    Args:
        slug (str):
        board (str | Unset):
        cursor (int | Unset):
        days (int | Unset):  Default: 30.
        limit (int | Unset):  Default: 100.
        style (ContestantsHistoryRetrieveStyle | Unset):  Default:
            ContestantsHistoryRetrieveStyle.PLAIN.
        window (ContestantsHistoryRetrieveWindow | Unset):  Default:
            ContestantsHistoryRetrieveWindow.ALL.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[History | Problem]
    """

    kwargs = _get_kwargs(
        slug=slug,
        board=board,
        cursor=cursor,
        days=days,
        limit=limit,
        style=style,
        window=window,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    slug: str,
    *,
    client: AuthenticatedClient | Client,
    board: str | Unset = UNSET,
    cursor: int | Unset = UNSET,
    days: int | Unset = 30,
    limit: int | Unset = 100,
    style: ContestantsHistoryRetrieveStyle
    | Unset = ContestantsHistoryRetrieveStyle.PLAIN,
    window: ContestantsHistoryRetrieveWindow
    | Unset = ContestantsHistoryRetrieveWindow.ALL,
) -> History | Problem | None:
    """A contestant's published ratings on a leaderboard, and how often it was sampled.

    Args:
        slug (str):
        board (str | Unset):
        cursor (int | Unset):
        days (int | Unset):  Default: 30.
        limit (int | Unset):  Default: 100.
        style (ContestantsHistoryRetrieveStyle | Unset):  Default:
            ContestantsHistoryRetrieveStyle.PLAIN.
        window (ContestantsHistoryRetrieveWindow | Unset):  Default:
            ContestantsHistoryRetrieveWindow.ALL.

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        History | Problem
    """

    return (
        await asyncio_detailed(
            slug=slug,
            client=client,
            board=board,
            cursor=cursor,
            days=days,
            limit=limit,
            style=style,
            window=window,
        )
    ).parsed
