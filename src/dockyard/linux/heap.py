"""The C library's heap: how much free memory it keeps, and giving that back.

By default glibc returns the free end of the heap as soon as it is larger than 128 KiB, and takes it again at the next
large buffer: for a stream of large buffers that is a page fault for every 4 KiB of it. A C library without these calls
(musl) has other habits; then they do nothing.

https://man7.org/linux/man-pages/man3/mallopt.3.html, https://man7.org/linux/man-pages/man3/malloc_trim.3.html
"""

from dockyard.linux.libc import LIBC

_M_TRIM_THRESHOLD = -1
_M_MMAP_THRESHOLD = -3


def keep_free(size_bytes: int) -> None:
    """Keep up to `size_bytes` (less than 32 MiB) of free memory, and serve requests up to that size from it."""
    mallopt = getattr(LIBC, "mallopt", None)
    if mallopt is not None:
        mallopt(_M_TRIM_THRESHOLD, size_bytes)
        mallopt(_M_MMAP_THRESHOLD, size_bytes)


def give_back() -> None:
    """Return all free pages to the system."""
    malloc_trim = getattr(LIBC, "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
