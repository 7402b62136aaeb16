"""Serves until it is stopped."""

import argparse
import asyncio

from tests.openai_server import BEHAVIOURS, OpenAIServer


def main() -> None:
    parser = argparse.ArgumentParser(
        description="An endpoint that behaves as the model id of a request says."
    )
    parser.add_argument("--port", type=int, default=9000)
    parser.add_argument("--rate", type=float, default=20.0, help="tokens a second and stream")
    parser.add_argument("--tokens", type=int, default=200, help="tokens of an answer")
    options = parser.parse_args()
    server = OpenAIServer(options.port, options.rate, options.tokens)
    print(f"{server.url}: {', '.join(BEHAVIOURS)}", flush=True)
    asyncio.run(server.serve())


main()
