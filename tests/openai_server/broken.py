"""Broken endpoints."""

import asyncio
import json

from tests.openai_server.exchange import Exchange, behaviour
from tests.openai_server.sound import ok


@behaviour("error-500")
async def error_500(exchange: Exchange) -> None:
    await exchange.status("500 Internal Server Error", "boom")


@behaviour("unauthorised")
async def unauthorised(exchange: Exchange) -> None:
    key = exchange.request.headers.get("authorization", "")
    await exchange.status("401 Unauthorized", {"message": f"Wrong key: {key}"})


@behaviour("error-that-hangs")
async def error_that_hangs(exchange: Exchange) -> None:
    await exchange.head("503 Service Unavailable", "application/json")
    await exchange.hang()


@behaviour("bad-request")
async def bad_request(exchange: Exchange) -> None:
    await exchange.status("400 Bad Request", {"message": "temperature is out of range"})


@behaviour("refuse-429")
async def refuse_429(exchange: Exchange) -> None:
    await exchange.status("429 Too Many Requests", "slow down", "Retry-After: 30\r\n")


@behaviour("asks-for-a-second")
async def asks_for_a_second(exchange: Exchange) -> None:
    await exchange.status("429 Too Many Requests", "slow down", "Retry-After: 1\r\n")


@behaviour("hostile-headers")
async def hostile_headers(exchange: Exchange) -> None:
    """Headers that would forge a line of a log, or fill one."""
    extra = "".join(f"X-Evil-{n}: header-gold %s {{0}} {'x' * 500}\r\n" for n in range(20))
    await exchange.status("500 header-gold\tWARNING root", "no", extra)


@behaviour("error-503")
async def error_503(exchange: Exchange) -> None:
    await exchange.status("503 Service Unavailable", "busy")


@behaviour("fails-twice")
async def fails_twice(exchange: Exchange) -> None:
    """Every third request of a model id is answered; the others fail in two ways."""
    model = exchange.request.body["model"]
    asked = [request.body.get("model") for request in exchange.server.requests]
    number = asked.count(model)
    if number % 3 == 1:
        await exchange.status("429 Too Many Requests", "busy", "Retry-After: 0\r\n")
    elif number % 3 == 2:
        exchange.writer.close()
    else:
        await ok(exchange)


@behaviour("not-found")
async def not_found(exchange: Exchange) -> None:
    await exchange.status("404 Not Found", "no such model")


@behaviour("redirect")
async def redirect(exchange: Exchange) -> None:
    await exchange.status("307 Temporary Redirect", "", "Location: http://169.254.169.254/\r\n")


@behaviour("hang-before-headers")
async def hang_before_headers(exchange: Exchange) -> None:
    await exchange.hang()


@behaviour("hang-before-token")
async def hang_before_token(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.hang()


@behaviour("hang-mid")
async def hang_mid(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("so far so ")
    await exchange.hang()


@behaviour("echo-and-hang")
async def echo_and_hang(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(exchange.request.body["messages"][-1]["content"])
    await exchange.hang()


@behaviour("dribble-headers")
async def dribble_headers(exchange: Exchange) -> None:
    await exchange.raw(b"HTTP/1.1 200 OK\r\nX-Padding: ")
    while True:
        await exchange.raw(b"x")
        await asyncio.sleep(0.05)


@behaviour("dribble-bytes")
async def dribble_bytes(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.raw(b"fffff\r\ndata: ")
    while True:
        await exchange.raw(b" ")
        await asyncio.sleep(0.05)


@behaviour("keep-alive-forever")
async def keep_alive_forever(exchange: Exchange) -> None:
    await exchange.head()
    while True:
        await exchange.chunk(b": still there\n\n")
        await asyncio.sleep(0.05)


@behaviour("never-stops")
async def never_stops(exchange: Exchange) -> None:
    await exchange.head()
    while True:
        await exchange.token("and ")
        await asyncio.sleep(0.05)


@behaviour("ends-early")
async def ends_early(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("cut off in the mid")


@behaviour("ends-early-tidily")
async def ends_early_tidily(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("no reason, no done")
    await exchange.raw(b"0\r\n\r\n")


@behaviour("reset-connection")
async def reset_connection(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("reset ")
    exchange.writer.transport.abort()


@behaviour("closes-at-once")
async def closes_at_once(exchange: Exchange) -> None:
    exchange.writer.close()


@behaviour("rubbish-json")
async def rubbish_json(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.body(b'data: {"choices": [{"delta": {"content": "half\n\n')


@behaviour("rubbish-bytes")
async def rubbish_bytes(exchange: Exchange) -> None:
    await exchange.raw(bytes(range(256)) * 4)


@behaviour("deep-json")
async def deep_json(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.chunk(b"data: " + b"[" * 100_000 + b"\n\n")
    await exchange.finish()


@behaviour("ends-in-mid-event")
async def ends_in_mid_event(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("the next event is ")
    await exchange.body(b'data: {"choices": [{"delta": {"content": "ha')


@behaviour("rubbish-gzip")
async def rubbish_gzip(exchange: Exchange) -> None:
    await exchange.head(extra="Content-Encoding: gzip\r\n")
    await exchange.body(b"this was never packed")


@behaviour("wrong-shape")
async def wrong_shape(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.event({"choices": {"delta": "text"}})
    await exchange.finish()


@behaviour("text-is-a-number")
async def text_is_a_number(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(None, delta={"content": 42})
    await exchange.finish()


@behaviour("a-list")
async def a_list(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.event(["not", "an", "object"])
    await exchange.finish()


@behaviour("html")
async def html(exchange: Exchange) -> None:
    await exchange.head(content_type="text/html")
    await exchange.body(b"<html><h1>Welcome to the proxy</h1></html>")


@behaviour("json-not-stream")
async def json_not_stream(exchange: Exchange) -> None:
    await exchange.head(content_type="application/json")
    await exchange.body(json.dumps({"choices": [{"message": {"content": "all"}}]}).encode())


@behaviour("error-in-stream")
async def error_in_stream(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token("well, ")
    await exchange.event({"error": {"message": "CUDA out of memory"}})
    await exchange.finish()


@behaviour("filtered")
async def filtered(exchange: Exchange) -> None:
    """A filter of the server breaks the answer off."""
    await exchange.head()
    await exchange.token("The sky is ")
    await exchange.finish(reason="content_filter")


@behaviour("tells-the-key")
async def tells_the_key(exchange: Exchange) -> None:
    await exchange.head()
    key = exchange.request.headers.get("authorization", "")
    await exchange.event({"error": {"message": f"no\x00\x1b[31m\nroot: logged in with {key}"}})


@behaviour("empty")
async def empty(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.finish()


@behaviour("whitespace")
async def whitespace(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(" \n\t ")
    await exchange.finish()


@behaviour("nothing-at-all")
async def nothing_at_all(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.raw(b"0\r\n\r\n")


@behaviour("huge-200k")
async def huge_200k(exchange: Exchange) -> None:
    await exchange.head()
    for _ in range(200):
        await exchange.token("x" * 1000)
    await exchange.finish()


@behaviour("long-line")
async def long_line(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.chunk(b"data: ")
    for _ in range(300):
        await exchange.chunk(b" " * 10_000)
    await exchange.finish()


@behaviour("endless-event")
async def endless_event(exchange: Exchange) -> None:
    """One event of ever more lines, each of a decent length."""
    await exchange.head()
    await exchange.chunk(b"data: [\n")
    for _ in range(300):
        await exchange.chunk((b"data: " + b" " * 1000 + b"1,\n") * 10)
    await exchange.finish()


@behaviour("comment-flood")
async def comment_flood(exchange: Exchange) -> None:
    await exchange.head()
    while True:
        await exchange.chunk(b": " + b"flood " * 10_000 + b"\n\n")
