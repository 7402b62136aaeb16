"""One llama.cpp server: `python -m arena.embedded.servers.llama <model> <weights> <port>`.

It speaks the OpenAI protocol on 127.0.0.1 and answers several requests at once. Its one key is
read from the variable LLAMA_API_KEY, so that no other page or account can use it.
"""

import os
import signal
import sys
import threading

import xllamacpp

SLOTS = 8
CONTEXT = 16_384  # tokens, shared by the slots as they need them

# Gemma 3 270M is a base model: it was never taught to converse. It continues this text, in which
# two examples show that an answer follows at once and ends with a blank line.
QUESTION_AND_ANSWER = """\
Question: What is the capital of France?
Answer: The capital of France is Paris, a city on the river Seine.

Question: Why do leaves fall in autumn?
Answer: Trees drop their leaves to save water and energy in the cold season.

{% for message in messages -%}
{%- if message.role == 'assistant' -%}Answer: {{ message.content }}

{% elif message.role == 'user' -%}Question: {{ message.content }}
{% else -%}{{ message.content }}

{% endif -%}
{%- endfor -%}
Answer:"""
CHAT_TEMPLATES = {"gemma3-270m": QUESTION_AND_ANSWER}


def serve(model: str, weights: str, port: int, api_key: str) -> xllamacpp.Server:
    """Load the weights and listen. The server runs until the process ends."""
    params = xllamacpp.CommonParams()
    params.model.path = weights
    params.model_alias = {model}
    params.port = port
    params.api_keys = [api_key]
    params.n_parallel = SLOTS
    params.n_ctx = CONTEXT
    params.kv_unified = True
    params.cont_batching = True
    params.cache_ram_mib = 0
    params.endpoint_slots = False
    params.ui = False
    # Two models share the cores: each takes half of them.
    threads = max(1, (os.cpu_count() or 2) // 2)
    params.cpuparams.n_threads = threads
    params.cpuparams_batch.n_threads = threads
    if template := CHAT_TEMPLATES.get(model):
        params.chat_template = template
        params.use_jinja = True
    return xllamacpp.Server(params)


if __name__ == "__main__":
    ended = threading.Event()
    signal.signal(signal.SIGTERM, lambda *_: ended.set())
    server = serve(sys.argv[1], sys.argv[2], int(sys.argv[3]), os.environ["LLAMA_API_KEY"])
    print(f"listening at {server.listening_address}", flush=True)
    ended.wait()
    os._exit(0)  # the threads of llama.cpp go on until the process ends; they hold nothing
