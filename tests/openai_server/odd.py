"""Endpoints that are odd, but within what must be understood."""

import asyncio
import gzip
import json

from tests.openai_server.exchange import WORDS, Exchange, behaviour, paced
from tests.openai_server.sound import ok


@behaviour("crlf")
async def crlf(exchange: Exchange) -> None:
    await exchange.head()
    for word in ("one ", "two"):
        await exchange.event(exchange.completion(word), end="\r\n\r\n")
    await exchange.event(exchange.completion(None, finish_reason="stop"), end="\r\n\r\n")
    await exchange.body(b"data: [DONE]\r\n\r\n")


@behaviour("comments")
async def comments(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.chunk(b": keep-alive\n\n: another\n\nevent: message\nid: 1\nretry: 5\n")
    await exchange.token("heard")
    await exchange.finish()


@behaviour("no-done")
async def no_done(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("all of it")
    await exchange.finish(done=False, usage=False)


@behaviour("no-finish-reason")
async def no_finish_reason(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("done is enough")
    await exchange.body(b"data: [DONE]\n\n")


@behaviour("split-utf8")
async def split_utf8(exchange: Exchange) -> None:
    await exchange.head()
    value = json.dumps(exchange.completion("naïve 🎉 日本"), ensure_ascii=False)
    data = f"data: {value}\n\n".encode()
    for index in range(0, len(data), 3):
        await exchange.chunk(data[index : index + 3])
        await asyncio.sleep(0)
    await exchange.finish()


@behaviour("null-content")
async def null_content(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(None, delta={"role": "assistant", "content": None})
    await exchange.token("after null")
    await exchange.finish()


@behaviour("nul-characters")
async def nul_characters(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("no\x00nul")
    await exchange.finish()


@behaviour("invalid-utf8")
async def invalid_utf8(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.chunk(
        b'data: {"choices":[{"index":0,"delta":{"content":"a\xff b"},"finish_reason":null}]}\n\n'
    )
    await exchange.finish()


@behaviour("one-big-chunk")
async def one_big_chunk(exchange: Exchange) -> None:
    await exchange.head()
    events = [exchange.completion(w + " ") for w in WORDS]
    events.append(exchange.completion(None, finish_reason="stop"))
    await exchange.body("".join(f"data: {json.dumps(e)}\n\n" for e in events).encode())


@behaviour("no-chunks")
async def no_chunks(exchange: Exchange) -> None:
    """Neither a length nor chunks: the body ends with the connection."""
    await exchange.raw(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
    for value in (
        exchange.completion("ends with the connection"),
        exchange.completion(None, finish_reason="stop"),
    ):
        await exchange.raw(f"data: {json.dumps(value)}\n\n".encode())


@behaviour("gzip")
async def gzipped(exchange: Exchange) -> None:
    await exchange.head(extra="Content-Encoding: gzip\r\n")
    events = [exchange.completion("unpacked"), exchange.completion(None, finish_reason="stop")]
    await exchange.body(
        gzip.compress("".join(f"data: {json.dumps(e)}\n\n" for e in events).encode())
    )


@behaviour("bare-cr")
async def bare_cr(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.event(exchange.completion("carriage returns"), end="\r\r")
    await exchange.event(exchange.completion(None, finish_reason="stop"), end="\r\r")
    await exchange.body(b"data: [DONE]\r\r")


@behaviour("split-crlf")
async def split_crlf(exchange: Exchange) -> None:
    """CR and LF in chunks of their own."""
    await exchange.head()
    for value in (exchange.completion("apart"), exchange.completion(None, finish_reason="stop")):
        for part in (f"data: {json.dumps(value)}\r", "\n\r", "\n"):
            await exchange.chunk(part.encode())
            await asyncio.sleep(0.01)
    await exchange.body(b"data: [DONE]\r\n\r\n")


@behaviour("multi-line-data")
async def multi_line_data(exchange: Exchange) -> None:
    await exchange.head()
    lines = json.dumps(exchange.completion("over lines"), indent=1).splitlines()
    await exchange.chunk("".join(f"data: {line}\n" for line in lines).encode() + b"\n")
    await exchange.finish()


@behaviour("done-without-newline")
async def done_without_newline(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("no blank line at the end")
    await exchange.token(None, finish_reason="stop")
    await exchange.body(b"data: [DONE]")


@behaviour("holds-open")
async def holds_open(exchange: Exchange) -> None:
    """Says all, with a finish reason, and then neither [DONE] nor an end."""
    await exchange.head()
    await exchange.token("whole")
    await exchange.token(None, finish_reason="stop")
    await exchange.hang()


@behaviour("reset-after-finish")
async def reset_after_finish(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("whole all the same")
    await exchange.token(None, finish_reason="stop")
    await asyncio.sleep(0.1)
    exchange.writer.transport.abort()


@behaviour("lone-surrogate")
async def lone_surrogate(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("half \ud83d a pair")
    await exchange.finish()


@behaviour("null-delta")
async def null_delta(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("text")
    await exchange.token(None, delta=None, finish_reason="stop")
    await exchange.body(b"data: [DONE]\n\n")


@behaviour("content-parts")
async def content_parts(exchange: Exchange) -> None:
    """As Mistral's reasoning models answer: thoughts and text as parts of a list."""
    await exchange.head()
    thought = {"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]}
    await exchange.token(None, delta={"content": [thought]})
    await exchange.token(None, delta={"content": [{"type": "text", "text": "thought over"}]})
    await exchange.finish()


@behaviour("refuses-usage")
async def refuses_usage(exchange: Exchange) -> None:
    """As Mistral does: a field that it does not know is an error."""
    if "stream_options" in exchange.request.body:
        await exchange.status("422 Unprocessable Entity", {"loc": ["body", "stream_options"]})
    else:
        await ok(exchange)


@behaviour("slow")
async def slow(exchange: Exchange) -> None:
    """Ten tokens a second, for ten seconds: slow, but within every limit."""
    await exchange.head()
    async for number in paced(10, 100):
        await exchange.token(f"{number} ")
    await exchange.finish()


@behaviour("late")
async def late(exchange: Exchange) -> None:
    """Begins after ten seconds."""
    await exchange.head()
    await asyncio.sleep(10)
    await exchange.token("At last.")
    await exchange.finish()
