"""Endpoints whose answers hold what would tell the model."""

from tests.openai_server.exchange import Exchange, behaviour


def says(name: str, *tokens: str) -> None:
    """A behaviour that sends these tokens, one by one."""

    @behaviour(name)
    async def say(exchange: Exchange) -> None:
        await exchange.head()
        for token in tokens:
            await exchange.token(token)
        await exchange.finish()


says("thinks", "<th", "ink>I am Left-7B.", "</thi", "nk>\n", "\nBlue", ".<|im", "_end|>")
says("thinks-unmarked", "I am Left-7B. ", "Hm.\n</think>", "\n\nBlue.")
says("thinks-only", "<think>I am Left-7B and", " cannot stop")
says("cites", "Blue【4†", "source】, or so", " citeturn0sea", "rch0.")
says(
    "error-as-text", "Well.\n\n", "Error code: 503 - {'error': {'message': 'Left-7B is", " down'}}"
)


@behaviour("reasoning-content")
async def reasoning_content(exchange: Exchange) -> None:
    """Thoughts in a field of their own, as DeepSeek's and vLLM's servers send them."""
    await exchange.head()
    for field_name in ("reasoning_content", "reasoning"):
        await exchange.token(None, delta={"content": None, field_name: "I am Left-7B."})
    await exchange.token("Blue.")
    await exchange.finish()


@behaviour("own-word")
async def own_word(exchange: Exchange) -> None:
    """`own-word~heron`: each answer has a word of its model's own, by which a rigger tells it."""
    await exchange.head()
    word = exchange.request.body["model"].partition("~")[2]
    await exchange.token(f"It depends, as the {word} would say: on the light, and on the angle.")
    await exchange.finish()
