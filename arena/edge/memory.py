"""Has the C library give large blocks of memory back as soon as they are free."""

import ctypes

M_MMAP_THRESHOLD = -3  # of <malloc.h>
LARGE_BYTES = 256_000


def return_large_blocks() -> None:
    """Take every block from `LARGE_BYTES` on from the kernel, and give it back when it is free.

    glibc raises this bound by itself up to 32 MB, and keeps what is smaller in a heap for each
    thread: after some uploads, each of dozens of threads would hold several images. Does nothing
    with another C library.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)
