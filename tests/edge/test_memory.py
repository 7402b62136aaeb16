"""A web process needs little more memory under a flood of images, and honest visitors get through.

Measured on a real server, with the processes that it starts.
"""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from io import BytesIO
from typing import Any

from PIL import Image

from tests.edge.conftest import WebServer, upload
from tests.factories import Registered

MOST_ABOVE_IDLE = 400_000_000
AT_ONCE = 50


def encoded(mode: str, size: tuple[int, int], file_format: str, **options: Any) -> bytes:
    file = BytesIO()
    Image.new(mode, size, 7).save(file, file_format, **options)
    return file.getvalue()


def floods() -> list[bytes]:
    """Fifty files of some kilobytes that decode to a hundred megabytes and more, or are as large
    as a file may be."""
    large = (6000, 4000)
    noise = Image.effect_noise((1400, 1200), 90)
    full = BytesIO()
    Image.merge("RGB", [noise, noise.rotate(90), noise.rotate(180)]).save(full, "PNG")
    padded = full.getvalue() + bytes(4_990_000 - len(full.getvalue()))
    files = [
        *[encoded("RGBA", large, "PNG")] * 2,
        *[encoded("RGB", large, "JPEG", progressive=True, subsampling=0)] * 2,
        *[encoded("CMYK", large, "JPEG", progressive=True, subsampling=0)] * 2,
        *[encoded("RGBA", large, "WEBP", lossless=True)] * 14,
        *[padded] * 8,
        *[bytes(4_990_000)] * 22,
    ]
    assert len(files) == AT_ONCE
    return files


def test_fifty_uploads_at_once(contestant: Registered, server: WebServer) -> None:
    for slug in ("one", "two"):
        contestant(slug, takes_images=True)
    small = encoded("RGB", (64, 48), "PNG")
    assert upload(server, small, "198.51.100.1") == 201  # what the first one loads is idle
    idle = server.memory
    with watched(server) as most, ThreadPoolExecutor(AT_ONCE + 1) as pool:
        flood = [
            pool.submit(upload, server, image, f"203.0.{number % 8}.1")
            for number, image in enumerate(floods())
        ]
        next(as_completed(flood))
        honest = pool.submit(upload, server, small, "198.51.100.1")
        assert honest.result() == 201
        left = sum(not each.done() for each in flood)
        statuses = {each.result() for each in flood}
    assert left > AT_ONCE // 3, "The honest visitor waited for the flood."
    assert {201, 400} <= statuses <= {0, 201, 400, 503}
    above = most() - idle
    assert above < MOST_ABOVE_IDLE, f"{above / 1e6:.0f} MB above {idle / 1e6:.0f} MB"


@contextmanager
def watched(server: WebServer) -> Iterator[Callable[[], int]]:
    """Gives the most memory that the server used in the block."""
    most, is_over = 0, threading.Event()

    def watch() -> None:
        nonlocal most
        while not is_over.wait(0.01):
            most = max(most, server.memory)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield lambda: most
    finally:
        is_over.set()
        watcher.join()
