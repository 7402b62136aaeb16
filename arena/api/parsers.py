"""Bodies of the API: JSON and forms that hold nothing but text, nested no deeper than they must."""

from collections.abc import Mapping
from typing import IO, Any

from django.utils.translation import gettext as _
from rest_framework import parsers
from rest_framework.exceptions import ParseError, ValidationError

from arena.common.plain_text import NOT_TEXT, unstorable_places

DEEPEST = 20
"""How deep lists and objects may be nested; the API itself needs four levels."""


class JSONParser(parsers.JSONParser):
    """JSON whose texts can be stored.

    Raises:
        ParseError: it is not JSON, or nested too deep.
        ValidationError: a text holds what cannot be stored; the error says which.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        try:
            data = super().parse(stream, media_type, parser_context)
        except RecursionError as error:
            raise ParseError(_("The JSON is nested too deep.")) from error
        if _is_deeper(data, DEEPEST):
            raise ParseError(_("The JSON is nested too deep."))
        _require_text(data)
        return data


class MultiPartParser(parsers.MultiPartParser):
    """A form whose texts can be stored.

    Raises:
        ParseError: it is no whole form.
        ValidationError: a text holds what cannot be stored; the error says which.
    """

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        form: Any = super().parse(stream, media_type, parser_context)
        _require_text(dict(form.data.lists()))
        return form


def _is_deeper(data: Any, levels: int) -> bool:
    """Whether containers are nested more than so many levels deep, without recursion."""
    here = [data]
    for _level in range(levels + 1):
        here = [
            item
            for each in here
            if isinstance(each, list | dict)
            for item in (each.values() if isinstance(each, dict) else each)
        ]
        if not here:
            return False
    return any(isinstance(each, list | dict) for each in here)


def _require_text(data: Any) -> None:
    pointer = next(unstorable_places(data), None)
    if pointer is None:
        return
    names = pointer.split("/")[1:]
    error: Any = [str(NOT_TEXT)]
    for name in reversed(names):
        error = {name: error}
    raise ValidationError(error)
