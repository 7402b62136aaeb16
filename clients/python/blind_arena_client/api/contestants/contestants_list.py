from http import HTTPStatus
from typing import Any, cast
from urllib.parse import quote

import httpx

from ...client import AuthenticatedClient, Client
from ...types import Response, UNSET, Unset
from ... import errors

from ...models.contestant import Contestant
from ...models.contestants_list_state import ContestantsListState
from ...models.problem import Problem
from ...types import UNSET, Unset
from typing import cast


def _get_kwargs(
    *,
    fields: str | Unset = UNSET,
    licence: str | Unset = UNSET,
    ordering: str | Unset = UNSET,
    organisation: str | Unset = UNSET,
    state: ContestantsListState | Unset = UNSET,
) -> dict[str, Any]:

    params: dict[str, Any] = {}

    params["fields"] = fields

    params["licence"] = licence

    params["ordering"] = ordering

    params["organisation"] = organisation

    json_state: str | Unset = UNSET
    if not isinstance(state, Unset):
        json_state = state.value

    params["state"] = json_state

    params = {k: v for k, v in params.items() if v is not UNSET and v is not None}

    _kwargs: dict[str, Any] = {
        "method": "get",
        "url": "/api/v1/contestants",
        "params": params,
    }

    return _kwargs


def _parse_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Problem | list[Contestant] | None:
    if response.status_code == 200:
        response_200 = []
        _response_200 = response.json()
        for response_200_item_data in _response_200:
            response_200_item = Contestant.from_dict(response_200_item_data)

            response_200.append(response_200_item)

        return response_200

    if response.status_code == 400:
        response_400 = Problem.from_dict(response.json())

        return response_400

    if response.status_code == 401:
        response_401 = Problem.from_dict(response.json())

        return response_401

    if response.status_code == 429:
        response_429 = Problem.from_dict(response.json())

        return response_429

    if client.raise_on_unexpected_status:
        raise errors.UnexpectedStatus(response.status_code, response.content)
    else:
        return None


def _build_response(
    *, client: AuthenticatedClient | Client, response: httpx.Response
) -> Response[Problem | list[Contestant]]:
    return Response(
        status_code=HTTPStatus(response.status_code),
        content=response.content,
        headers=response.headers,
        parsed=_parse_response(client=client, response=response),
    )


def sync_detailed(
    *,
    client: AuthenticatedClient | Client,
    fields: str | Unset = UNSET,
    licence: str | Unset = UNSET,
    ordering: str | Unset = UNSET,
    organisation: str | Unset = UNSET,
    state: ContestantsListState | Unset = UNSET,
) -> Response[Problem | list[Contestant]]:
    """Every contestant that competes or ever competed.

    Args:
        fields (str | Unset):
        licence (str | Unset):
        ordering (str | Unset):
        organisation (str | Unset):
        state (ContestantsListState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | list[Contestant]]
    """

    kwargs = _get_kwargs(
        fields=fields,
        licence=licence,
        ordering=ordering,
        organisation=organisation,
        state=state,
    )

    response = client.get_httpx_client().request(
        **kwargs,
    )

    return _build_response(client=client, response=response)


def sync(
    *,
    client: AuthenticatedClient | Client,
    fields: str | Unset = UNSET,
    licence: str | Unset = UNSET,
    ordering: str | Unset = UNSET,
    organisation: str | Unset = UNSET,
    state: ContestantsListState | Unset = UNSET,
) -> Problem | list[Contestant] | None:
    """Every contestant that competes or ever competed.

    Args:
        fields (str | Unset):
        licence (str | Unset):
        ordering (str | Unset):
        organisation (str | Unset):
        state (ContestantsListState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | list[Contestant]
    """

    return sync_detailed(
        client=client,
        fields=fields,
        licence=licence,
        ordering=ordering,
        organisation=organisation,
        state=state,
    ).parsed


async def asyncio_detailed(
    *,
    client: AuthenticatedClient | Client,
    fields: str | Unset = UNSET,
    licence: str | Unset = UNSET,
    ordering: str | Unset = UNSET,
    organisation: str | Unset = UNSET,
    state: ContestantsListState | Unset = UNSET,
) -> Response[Problem | list[Contestant]]:
    """Every contestant that competes or ever competed.

    Args:
        fields (str | Unset):
        licence (str | Unset):
        ordering (str | Unset):
        organisation (str | Unset):
        state (ContestantsListState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Response[Problem | list[Contestant]]
    """

    kwargs = _get_kwargs(
        fields=fields,
        licence=licence,
        ordering=ordering,
        organisation=organisation,
        state=state,
    )

    response = await client.get_async_httpx_client().request(**kwargs)

    return _build_response(client=client, response=response)


async def asyncio(
    *,
    client: AuthenticatedClient | Client,
    fields: str | Unset = UNSET,
    licence: str | Unset = UNSET,
    ordering: str | Unset = UNSET,
    organisation: str | Unset = UNSET,
    state: ContestantsListState | Unset = UNSET,
) -> Problem | list[Contestant] | None:
    """Every contestant that competes or ever competed.

    Args:
        fields (str | Unset):
        licence (str | Unset):
        ordering (str | Unset):
        organisation (str | Unset):
        state (ContestantsListState | Unset):

    Raises:
        errors.UnexpectedStatus: If the server returns an undocumented status code and Client.raise_on_unexpected_status is True.
        httpx.TimeoutException: If the request takes longer than Client.timeout.

    Returns:
        Problem | list[Contestant]
    """

    return (
        await asyncio_detailed(
            client=client,
            fields=fields,
            licence=licence,
            ordering=ordering,
            organisation=organisation,
            state=state,
        )
    ).parsed
