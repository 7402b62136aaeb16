"""A real HTTP server that speaks the OpenAI chat-completions protocol, well or badly.

The model id of a request chooses how it behaves; BEHAVIOURS lists them. In tests:

    with OpenAIServer() as server:
        target = Target(server.url, "ok")

By hand, or for a benchmark:

    python -m tests.openai_server --port 9000 --rate 20 --tokens 200
"""

from tests.openai_server import broken, keyed, odd, sound, telling  # noqa: F401 - they register
from tests.openai_server.exchange import BEHAVIOURS, SENTENCE, WORDS, Then, Wire
from tests.openai_server.server import OpenAIServer

__all__ = ["BEHAVIOURS", "SENTENCE", "WORDS", "OpenAIServer", "Then", "Wire"]
