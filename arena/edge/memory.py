"""Makes the C library return large blocks of memory as soon as they are free."""

import ctypes

M_MMAP_THRESHOLD = -3  # of <malloc.h>
LARGE_BYTES = 256_000


def return_large_blocks() -> None:
    """Allocate blocks of `LARGE_BYTES` or more by mmap, so that they are returned when free.

    glibc raises this bound by itself up to 32 MB, and keeps what is smaller in a heap for each
    thread: after some uploads, each of dozens of threads would hold several images. Does nothing
    with another C library.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
