"""Good endpoints, fast and slow."""

import asyncio
import random
import re
import time

from arena.workbench.demo.population.models import spoken
from arena.workbench.samples import SAMPLES
from tests.openai_server.exchange import WORDS, Exchange, Gate, behaviour, paced


@behaviour("ok")
async def ok(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(None, delta={"role": "assistant", "content": ""})
    for word in WORDS:
        await exchange.token(word + " ")
    await exchange.finish()


@behaviour("paced")
async def steady(exchange: Exchange) -> None:
    await exchange.head()
    async for number in paced(exchange.server.rate, exchange.server.tokens):
        while exchange.server.held_after is not None and number >= exchange.server.held_after:
            await exchange.chunk(b": waiting\n\n")
            await asyncio.sleep(0.1)
        await exchange.token(f"{WORDS[number % len(WORDS)]} ")
    await exchange.finish()


@behaviour("gather")
async def gather(exchange: Exchange) -> None:
    """`gather~200`: the next 200 answers of timestamps begin together."""
    exchange.server.gate = Gate(int(exchange.request.body["model"].split("~")[1]))
    await ok(exchange)


@behaviour("timestamps")
async def timestamps(exchange: Exchange) -> None:
    """Each token is its number and when it was sent: `<number>:<monotonic nanoseconds> `."""
    await exchange.head()
    await exchange.server.gate.passed(exchange)
    async for number in paced(exchange.server.rate, exchange.server.tokens):
        await exchange.token(f"{number}:{time.monotonic_ns()} ")
    await exchange.finish()


@behaviour("on-demand")
async def on_demand(exchange: Exchange) -> None:
    """Each token waits until the test wants it; the connection stays open after the last."""
    await exchange.head()
    for number in range(exchange.server.tokens):
        while not exchange.server.wanted.acquire(blocking=False):
            await asyncio.sleep(0.005)
        await exchange.token(f"{number} ")
    await exchange.finish()


@behaviour("echo")
async def echo(exchange: Exchange) -> None:
    await exchange.head()
    content = exchange.request.body["messages"][-1]["content"]
    await exchange.token(content if isinstance(content, str) else content[0]["text"])
    await exchange.finish()


@behaviour("hostile-markup")
async def hostile_markup(exchange: Exchange) -> None:
    await exchange.head()
    await exchange.token(
        "# Title\n\n<script>window.hacked = 1</script> <img src=x onerror='window.hacked = 2'>\n\n"
        "[link](javascript:window.hacked=3) ![i](https://tracker.example/pixel.png)\n\n"
        '<iframe srcdoc="<script>parent.hacked=4</script>"></iframe>\n\n```python\nprint(1)\n```\n'
    )
    await exchange.finish()


async def babble(exchange: Exchange, *, first: float, rate: float) -> None:
    """An answer of random length, after a delay in seconds, at tokens a second, all of it uneven.

    What is said, and how much, does not depend on how fast.
    """
    await exchange.head()
    await asyncio.sleep(first * random.uniform(0.7, 1.3))
    for _ in range(random.randint(10, 30)):
        await exchange.token(f"{random.choice(WORDS)} ")
        await asyncio.sleep(random.uniform(0.5, 1.5) / rate)
    await exchange.finish()


@behaviour("babble-fast")
async def babble_fast(exchange: Exchange) -> None:
    await babble(exchange, first=0.03, rate=400)


@behaviour("babble-slow")
async def babble_slow(exchange: Exchange) -> None:
    await babble(exchange, first=0.3, rate=60)


def says_sample(name: str, text: str) -> None:
    """A behaviour that says a text word by word, at the rate of the server."""

    @behaviour(name)
    async def sample(exchange: Exchange) -> None:
        await say(exchange, text)


async def say(exchange: Exchange, text: str) -> None:
    """Answer with a text, word by word, at the rate of the server."""
    words = re.findall(r"\s*\S+|\s+$", text)
    await exchange.head()
    async for number in paced(exchange.server.rate, len(words)):
        await exchange.token(words[number])
    await exchange.finish()


@behaviour("talk")
async def talk(exchange: Exchange) -> None:
    """`talk~aster-8b`: what that model of the simulated site says."""
    slug = exchange.request.body["model"].split("~")[1]
    content = exchange.request.body["messages"][-1]["content"]
    prompt = content if isinstance(content, str) else content[0]["text"]
    await say(exchange, spoken(slug, prompt))


for sample_name, sample_text in SAMPLES.items():
    says_sample(sample_name, sample_text)
