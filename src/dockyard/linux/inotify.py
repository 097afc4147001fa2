"""inotify(7): be woken when a file or directory changes. The descriptor is for an event loop; events are counted."""

import ctypes
import os

IN_MODIFY = 0x2
IN_CREATE = 0x100
IN_MOVED_TO = 0x80
IN_DELETE_SELF = 0x400

_IN_CLOEXEC = os.O_CLOEXEC
_IN_NONBLOCK = os.O_NONBLOCK
_BUFFER_BYTES = 64 * 1024


class Watch:
    """One inotify instance that watches one path; `fileno` is readable when something happened."""

    def __init__(self, path: str, events: int) -> None:
        """Watches `path` for `events` (IN_*); OSError as inotify_add_watch(2)."""
        libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = libc.inotify_init1(_IN_CLOEXEC | _IN_NONBLOCK)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
        if libc.inotify_add_watch(self._fd, os.fsencode(path), events) < 0:
            error = ctypes.get_errno()
            os.close(self._fd)
            raise OSError(error, os.strerror(error), path)

    def fileno(self) -> int:
        """The descriptor, non-blocking."""
        return self._fd

    def drain(self) -> None:
        """Takes all events that are waiting, so that the next one wakes again."""
        while True:
            try:
                if len(os.read(self._fd, _BUFFER_BYTES)) == 0:
                    return
            except BlockingIOError:
                return

    def close(self) -> None:
        """Ends the watch."""
        os.close(self._fd)
