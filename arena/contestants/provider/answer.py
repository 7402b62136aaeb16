"""Makes text of the events of an answer, and judges how it ended."""

import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import Any

from urllib3.exceptions import HTTPError
from urllib3.response import BaseHTTPResponse

from arena.contestants.provider.deadline import Deadline
from arena.contestants.provider.errors import ErrorKind, ProviderError, reported
from arena.contestants.provider.messages import (
    Delta,
    Ending,
    Event,
    Finished,
    Limits,
    Shown,
    Waiting,
    is_visible,
)
from arena.contestants.provider.metadata import MetadataCollector, storable
from arena.contestants.provider.sse import KEEP_ALIVE, MAX_EVENT_BYTES, Budget, Mark, events

MAX_BYTES_PER_CHAR = 400  # an event of JSON around one character is some 300 bytes
REASONING_SHARE = 20  # times as many characters as an answer may have
GRACE_SECONDS = 2.0  # for what may follow the last event

# The few reasons for which an answer ends well, in the words of OpenAI, Anthropic, Cohere, Google,
# TGI and Together. Some servers say the words as constants (STOP, FinishReason.STOP).
GOOD_ENDS = frozenset(
    [
        "stop",
        "end",
        "eos",
        "eos_token",
        "endoftext",
        "end_turn",
        "stop_sequence",
        "stop_token",
        "complete",
        "completed",
        "finish",
        "finished",
        "done",
    ]
)
LIMITS_REACHED = frozenset(
    [
        "length",
        "max_tokens",
        "max_length",
        "max_output_tokens",
        "max_completion_tokens",
        "max_new_tokens",
        "model_length",
        "token_limit",
    ]
)
# The endpoint says that it failed, or gave up.
FAILURES = frozenset(
    [
        "error",
        "abort",
        "aborted",
        "cancel",
        "canceled",
        "cancelled",
        "timeout",
        "network_error",
        "interrupted",
        "load",
        "unload",
        "insufficient_system_resource",
    ]
)
NO_REASON = frozenset(["", "null", "none", "nil", "undefined", "unspecified", "false", "0"])

ENOUGH_OF_LIMIT = 0.9  # from this share of its tokens on, an answer was cut by the limit

REASONING = ("reasoning_content", "reasoning", "reasoning_details", "thinking", "thought")


@dataclass(slots=True)
class Piece:
    """What one event adds to an answer; each part may be missing."""

    text: str = ""
    reasoning: int = 0  # characters
    reason: str = ""  # as the endpoint says it
    usage: Mapping[str, Any] = field(default_factory=dict)
    is_body: bool = False  # all of an answer at once, in no stream
    is_unknown: bool = False  # nothing in it is part of the protocol


def answer(
    response: BaseHTTPResponse,
    deadline: Deadline,
    limits: Limits,
    *,
    started: float,
    max_tokens: int,
    shown: Shown | None,
    metadata: MetadataCollector,
) -> Iterator[Event]:
    """The text of an answer as it arrives, a `Waiting` for each other sign of life, and its end.

    Args:
        started: when the request was (monotonic seconds).
        max_tokens: how many tokens the request lets the answer have; 0: any number.
        shown: what readers are shown of it, kept by the caller; None: all of it.
        metadata: takes what the endpoint reports beside the text.

    Raises:
        ProviderError: it is no usable answer.
        urllib3.exceptions.HTTPError, http.client.HTTPException, OSError: the connection broke.
    """
    reader = _Reader(deadline, limits, started, shown, metadata)
    budget = Budget(limits.max_chars * MAX_BYTES_PER_CHAR + MAX_EVENT_BYTES)
    try:
        for event in events(response, budget):
            if event is Mark.DONE:
                reader.is_done = True
                break
            piece = parsed(event)
            metadata.take_event(event)
            if piece.text or piece.reasoning:
                budget.give_back()
            yield from reader.take(piece)
    except (ProviderError, HTTPError, HTTPException, OSError):
        if not reader.is_whole:
            raise
    yield reader.finished(max_tokens)


class _Reader:
    """An answer as far as it has come."""

    def __init__(
        self,
        deadline: Deadline,
        limits: Limits,
        started: float,
        shown: Shown | None,
        metadata: MetadataCollector,
    ) -> None:
        self._deadline = deadline
        self._limits = limits
        self._started = started
        self._shown = shown or Shown()
        self._is_all_shown = shown is None
        self._metadata = metadata
        self._parts: list[str] = []
        self._chars = self._bytes = self._reasoning = 0
        self._first_at: float | None = None  # when text came that can be seen
        self._ended_at = 0.0
        self._reason = ""
        self._is_taken_back = False  # text came after a reason: its reasons come too early
        self._is_body = False
        self._is_doubtful = False  # something unknown came after the text
        self._usage: Mapping[str, Any] = {}
        self.is_done = False

    @property
    def is_whole(self) -> bool:
        """Whether nothing that still comes, or breaks, can take the end of the answer away."""
        return bool(self._reason) and not self._is_taken_back and self._first_at is not None

    def take(self, piece: Piece) -> Iterator[Delta | Waiting]:
        """Take the next part of the answer.

        Raises:
            ProviderError: TOO_LONG.
        """
        now = time.monotonic()
        self._usage = piece.usage or self._usage
        if piece.is_body:  # of a stream it may be all once more, after the parts
            piece.text = piece.text.removeprefix("".join(self._parts))
        if not (piece.text or piece.reasoning):
            if self.is_whole:
                return  # what may follow a reason, such as the usage, gets no further time
            self._is_doubtful = self._is_doubtful or piece.is_unknown
        else:
            self._is_taken_back = self._is_taken_back or bool(self._reason)
            self._reason = ""
            self._is_doubtful = False
            self._is_body = piece.is_body and not self._parts
        self._reasoning += piece.reasoning
        self._alive(now)
        if piece.text:
            self._metadata.take_text(piece.text)
            self._parts.append(piece.text)
            self._chars += len(piece.text)
            self._bytes += len(piece.text.encode())
            if self._first_at is None and is_visible(piece.text):
                self._first_at = now
            if self._is_all_shown:
                self._shown.add(piece.text)
            yield Delta(piece.text)
            self._alive(now)  # its readers have seen everything that may be shown
        else:
            yield Waiting()
        self._check_length()
        if piece.reason:
            self._metadata.take_finish_reason(piece.reason)
            self._reason, self._ended_at = piece.reason, now
            # Some servers send a reason beside each text: only one that comes alone is the end.
            if self.is_whole and not (piece.text or piece.reasoning):
                self._deadline.at = min(self._deadline.at, now + GRACE_SECONDS)

    def _alive(self, now: float) -> None:
        """A sign of life: the next may take as long as the limits say."""
        has_begun = self._chars > 0 or self._reasoning > 0
        silence = self._limits.between_tokens if has_begun else self._limits.first_sign
        self._deadline.at = min(
            now + silence,
            self._shown.last_at + self._limits.first_token,
            self._started + self._limits.whole,
        )

    def _check_length(self) -> None:
        most = self._limits.max_chars
        if self._shown.chars > most:
            raise ProviderError(ErrorKind.TOO_LONG, f"The answer has over {most} characters.")
        hidden = self._reasoning + self._chars - self._shown.chars
        if hidden > REASONING_SHARE * most:
            raise ProviderError(
                ErrorKind.TOO_LONG, f"Its reasoning has over {REASONING_SHARE * most} characters."
            )

    def finished(self, max_tokens: int) -> Finished:
        """The end of the answer; nothing more comes.

        Raises:
            ProviderError: it is none: EMPTY, or ENDED_EARLY if the endpoint did not finish it.
        """
        reason = self._reason
        if not reason and not self._is_doubtful and (self.is_done or self._is_body):
            reason = "done"  # another sign says that everything was sent
        word = plain_reason(reason)
        if not word:
            raise ProviderError(
                ErrorKind.ENDED_EARLY,
                "The stream ended without a finish reason.",
                is_transient=True,
            )
        if word in FAILURES:
            raise ProviderError(
                ErrorKind.ENDED_EARLY, f"The endpoint ended with {reason!r}.", is_transient=True
            )
        if self._first_at is None:
            self._deadline.passed = False  # it is the answer that is wanting, not its pace
            raise ProviderError(ErrorKind.EMPTY, f"The answer is empty: it ended with {reason!r}.")
        first_text_seconds = self._first_at - self._started
        return Finished(
            reason=reason,
            prompt_tokens=_count(self._usage.get("prompt_tokens")),
            completion_tokens=_count(self._usage.get("completion_tokens")),
            first_token_seconds=first_text_seconds,
            seconds=(self._ended_at or time.monotonic()) - self._started,
            ending=self._ending(word, max_tokens),
            metadata=self._metadata.result(
                reasoning_chars=self._reasoning, first_text_seconds=first_text_seconds
            ),
        )

    def _ending(self, word: str, max_tokens: int) -> Ending:
        if word in GOOD_ENDS:
            return Ending.WHOLE
        if word in LIMITS_REACHED and max_tokens:
            used = self._tokens_used()
            # Without a count: a token has at least one byte.
            most = used if used else self._bytes + self._reasoning
            if most >= ENOUGH_OF_LIMIT * max_tokens:
                return Ending.CUT
        return Ending.BROKEN_OFF

    def _tokens_used(self) -> int:
        """Tokens of the answer by the endpoint's count, reasoning included; 0: it counted none."""
        prompt, completion, total = (
            _count(self._usage.get(name)) or 0
            for name in ("prompt_tokens", "completion_tokens", "total_tokens")
        )
        return max(completion, total - prompt)  # some leave reasoning out of the middle one


def plain_reason(reason: str) -> str:
    """A finish reason as one lower-case word; empty if it says that there is none."""
    word = reason.strip().lower().rsplit(".", 1)[-1].removeprefix("finish_reason_")
    return "" if word in NO_REASON else word


def parsed(event: Any) -> Piece:
    """What one event adds to the answer.

    Raises:
        ProviderError: it reports an error, or has a shape that cannot be understood.
    """
    if event is Mark.ALIVE:
        return Piece()
    if not isinstance(event, dict):
        raise ProviderError(ErrorKind.MALFORMED, f"An event is not an object: {event!r}")
    if error := reported(event):
        raise error
    usage = event.get("usage")
    choices = event.get("choices")
    if choices is None and isinstance(event.get("message"), dict):  # Ollama's own protocol
        ended = event.get("done") and event.get("done_reason", "stop")
        choices = [{"delta": event["message"], "finish_reason": ended}]
    piece = Piece(usage=usage if isinstance(usage, dict) else {})
    if choices in (None, []):
        is_alive = KEEP_ALIVE.fullmatch(str(event.get("type", "")))
        piece.is_unknown = choices is None and not piece.usage and not is_alive
        return piece
    try:
        _read_choice(_first(choices), piece)
    except (AttributeError, KeyError, IndexError, TypeError):
        raise ProviderError(
            ErrorKind.MALFORMED, f"An event has an unknown shape: {event!r}"
        ) from None
    return piece


def _first(choices: Any) -> Any:
    """The choice that was asked for, should there be others beside it."""
    numbered = [each for each in choices if isinstance(each, dict) and each.get("index") == 0]
    return numbered[0] if numbered else choices[0]


def _read_choice(choice: Any, piece: Piece) -> None:
    if choice is None:
        return
    said = choice.get("delta") or {}
    if not said and isinstance(choice.get("message"), dict):
        said = choice["message"]
        piece.is_body = True
    elif not said and isinstance(choice.get("text"), str):  # of completions that are no chat's
        said = {"content": choice["text"]}
    piece.text = _text(said, piece)
    piece.reasoning += sum(_weight(said.get(name)) for name in REASONING)
    piece.reasoning += _weight(said.get("tool_calls"))
    piece.reason = _reason(choice.get("finish_reason") or choice.get("finishReason"))


def _text(said: Mapping[str, Any], piece: Piece) -> str:
    content = said.get("content") or said.get("refusal") or ""
    if isinstance(content, list):  # Mistral's reasoning models: parts, some of them thoughts
        piece.reasoning += sum(_weight(part) for part in content if part["type"] != "text")
        content = "".join(part["text"] for part in content if part["type"] == "text")
    if not isinstance(content, str):
        raise TypeError("A text must be a string.")
    return storable(content)


def _weight(thought: object) -> int:
    """The characters of a thought, whatever its form."""
    return len(thought) if isinstance(thought, str) else len(repr(thought)) if thought else 0


def _reason(reason: Any) -> str:
    if isinstance(reason, dict):  # SGLang's own protocol
        reason = reason.get("type")
    reason = storable(str(reason or ""))
    return reason if plain_reason(reason) else ""


def _count(value: object) -> int | None:
    return value if isinstance(value, int) and 0 <= value < 2**31 else None
