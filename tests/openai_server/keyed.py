"""Endpoints that look at the key of a request."""

from tests.openai_server.exchange import Exchange, behaviour


def _key(exchange: Exchange) -> str:
    return exchange.request.headers.get("authorization", "").removeprefix("Bearer ")


@behaviour("takes-keys")
async def takes_keys(exchange: Exchange) -> None:
    """`takes-keys~WORD~STATUS` answers keys with this word and refuses others, with 401 if none."""
    _, word, *status = exchange.request.body["model"].split("~")
    if word not in _key(exchange):
        code = status[0] if status else "401"
        await exchange.status(f"{code} Refused", {"message": f"Not with {_key(exchange)}"})
        return
    await exchange.head()
    await exchange.token("Blue.")
    await exchange.finish()


@behaviour("echoes-key")
async def echoes_key(exchange: Exchange) -> None:
    """Quotes the key in everything that it reports beside the text."""
    key = _key(exchange)
    await exchange.head()
    await exchange.event(
        {
            "choices": [{"index": 0, "delta": {"content": "Blue."}, "finish_reason": None}],
            "model": f"model of {key}",
            "system_fingerprint": key * 50,
            "usage": {key: 1, "for": key, "of": {f"the {key}": 2}},
        }
    )
    await exchange.finish(usage=False, reason=f"stop {key}")
