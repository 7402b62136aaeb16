"""llama.cpp's OpenMP library comes from a wheel: a minimal system has none."""

import ctypes
from pathlib import Path

from arena.embedded.servers.openmp import NAME, library_folder


def test_the_library_is_found_and_a_stale_link_is_replaced(tmp_path: Path) -> None:
    folder = tmp_path / "lib"
    folder.mkdir()
    (folder / NAME).symlink_to(tmp_path / "an environment that is gone")
    for _ in range(2):
        assert library_folder(folder) == folder
        assert ctypes.CDLL(str(folder / NAME)).omp_get_max_threads() >= 1
