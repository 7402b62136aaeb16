"""What an endpoint reports beside the text of an answer, within fixed bounds.

It is evidence of what served the answer: the model that the endpoint names, its own token counts,
and where it cut the text into chunks. Everything here comes from the endpoint, so it may have any
type and size. What has the wrong type is left out, what is too long is cut, and nothing here
makes an answer fail.
"""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from arena.contestants.provider.errors import without_keys

MAX_NAMES = 8  # different values of one member that are kept
MAX_NAME_CHARS = 200
MAX_USAGE_ENTRIES = 64
MAX_USAGE_KEY_CHARS = 120
MAX_USAGE_TEXT_CHARS = 40
MAX_USAGE_DEPTH = 4
MAX_USAGE_NUMBER = 2**63
MAX_CHUNKS = 4096
MAX_CHUNK_CHARS = 2**15 - 1  # of PostgreSQL's smallint

# Token counts that servers put elsewhere than into `usage`: llama.cpp, Groq, and Ollama.
_USAGE_ELSEWHERE = ("timings", "x_groq")
_COUNTS_ELSEWHERE = ("prompt_eval_count", "eval_count")


@dataclass(frozen=True, slots=True)
class ResponseMetadata:
    """What an endpoint reported beside the text of one answer.

    Lists of names hold the different values in the order in which they came, for an endpoint may
    change its mind in the middle of an answer.

    Args:
        request: the members of the request's body as it was sent, without the messages.
        model_names: of the response's `model`.
        fingerprints: of its `system_fingerprint`.
        providers: of its `provider`, by which routers name the server behind them.
        finish_reasons: in the endpoint's own words.
        usage: what it counted, by the path of the member: `prompt_tokens_details.cached_tokens`.
        chunks: how many characters each chunk of text had as it came, before any redaction; the
            first MAX_CHUNKS of them, and none above MAX_CHUNK_CHARS.
        chunk_count: how many chunks of text came.
        reasoning_chars: characters of reasoning that came in members of their own.
        first_text_seconds: from the request to the first text, whether it was shown or not.
    """

    request: Mapping[str, Any] = field(default_factory=dict)
    model_names: tuple[str, ...] = ()
    fingerprints: tuple[str, ...] = ()
    providers: tuple[str, ...] = ()
    finish_reasons: tuple[str, ...] = ()
    usage: Mapping[str, int | float | str | bool] = field(default_factory=dict)
    chunks: tuple[int, ...] = ()
    chunk_count: int = 0
    reasoning_chars: int = 0
    first_text_seconds: float | None = None


class MetadataCollector:
    """Collects the metadata of one answer, event by event."""

    def __init__(self, api_keys: Iterable[str] = ()) -> None:
        """Args: api_keys: what an endpoint may echo, and is not kept."""
        self._api_keys = tuple(filter(None, api_keys))
        self.request: Mapping[str, Any] = {}
        self._names: dict[str, list[str]] = {
            "model": [],
            "system_fingerprint": [],
            "provider": [],
            "finish_reason": [],
        }
        self._usage: dict[str, int | float | str | bool] = {}
        self._chunks: list[int] = []
        self._chunk_count = 0

    def take_event(self, event: object) -> None:
        """Note the names and counts of an event as it came."""
        if not isinstance(event, dict):
            return
        for member in ("model", "system_fingerprint", "provider"):
            if member in event:
                self._add_name(member, event[member])
        if (usage := event.get("usage")) is not None:
            self._add_usage("", usage)
        for member in _USAGE_ELSEWHERE:
            if member in event:
                self._add_usage(f"{member}.", event[member])
        for member in _COUNTS_ELSEWHERE:
            if member in event:
                self._add_usage("", {member: event[member]})

    def take_text(self, text: str) -> None:
        """Note the size of a chunk of text."""
        self._chunk_count += 1
        if len(self._chunks) < MAX_CHUNKS:
            self._chunks.append(min(len(text), MAX_CHUNK_CHARS))

    def take_finish_reason(self, reason: str) -> None:
        self._add_name("finish_reason", reason)

    def result(
        self, *, reasoning_chars: int = 0, first_text_seconds: float | None = None
    ) -> ResponseMetadata:
        return ResponseMetadata(
            request=self.request,
            model_names=tuple(self._names["model"]),
            fingerprints=tuple(self._names["system_fingerprint"]),
            providers=tuple(self._names["provider"]),
            finish_reasons=tuple(self._names["finish_reason"]),
            usage=dict(self._usage),
            chunks=tuple(self._chunks),
            chunk_count=self._chunk_count,
            reasoning_chars=reasoning_chars,
            first_text_seconds=first_text_seconds,
        )

    def _add_name(self, member: str, value: object) -> None:
        names = self._names[member]
        if not isinstance(value, str) or not value or len(names) == MAX_NAMES:
            return
        name = storable(without_keys(value, self._api_keys)[:MAX_NAME_CHARS])
        if name and name not in names:
            names.append(name)

    def _add_usage(self, prefix: str, value: object) -> None:
        for path, number in self._scalars(prefix, value, MAX_USAGE_DEPTH):
            # The newest value of a count stands: some endpoints count on from chunk to chunk.
            if path in self._usage or len(self._usage) < MAX_USAGE_ENTRIES:
                self._usage[path] = number

    def _scalars(
        self, prefix: str, value: object, depth: int
    ) -> Iterator[tuple[str, int | float | str | bool]]:
        """The numbers and short texts within an object, each with its path."""
        if not isinstance(value, dict) or depth == 0:
            return
        for _, (key, member) in zip(range(MAX_USAGE_ENTRIES), value.items(), strict=False):
            name = without_keys(str(key), self._api_keys)
            path = storable(f"{prefix}{name}"[:MAX_USAGE_KEY_CHARS])
            match member:
                case dict():
                    yield from self._scalars(f"{path}.", member, depth - 1)
                case int() if abs(member) < MAX_USAGE_NUMBER:
                    yield path, member
                case float() if math.isfinite(member):
                    yield path, member
                case str():
                    text = without_keys(member, self._api_keys)
                    yield path, storable(text[:MAX_USAGE_TEXT_CHARS])


def storable(text: str) -> str:
    """PostgreSQL cannot keep NUL, and nothing can encode half a surrogate pair."""
    return text.replace("\x00", "").encode("utf-8", "ignore").decode()
