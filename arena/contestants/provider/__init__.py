"""The client of the OpenAI chat-completions protocol: one streamed answer, bounded in every way.

An endpoint is hostile until proven otherwise: it may hang anywhere, send a byte a second,
cut a character in two, never stop, or send something that is no stream of events at all.
Whatever it does, an answer ends within its limits, with `Finished` or a `ProviderError`.

`client` sends the request, `deadline` ends it in time, `sse` cuts the body into events, `answer`
makes text of them and judges the end, `metadata` keeps what the endpoint reports beside the text,
and `errors` says what can go wrong.
"""

from arena.contestants.provider.client import probe, stream_chat
from arena.contestants.provider.errors import ErrorKind, ProviderError
from arena.contestants.provider.messages import (
    PROBE,
    Delta,
    Ending,
    Event,
    Finished,
    Limits,
    Message,
    ProbeReport,
    Shown,
    Target,
    Waiting,
    stated_max_tokens,
)
from arena.contestants.provider.metadata import ResponseMetadata

__all__ = [
    "PROBE",
    "Delta",
    "Ending",
    "ErrorKind",
    "Event",
    "Finished",
    "Limits",
    "Message",
    "ProbeReport",
    "ProviderError",
    "ResponseMetadata",
    "Shown",
    "Target",
    "Waiting",
    "probe",
    "stated_max_tokens",
    "stream_chat",
]
