"""inotify(7): be woken when a file or directory changes. The descriptor is for an event loop; events are counted."""

import ctypes
import os
import struct

IN_MODIFY = 0x2
IN_CREATE = 0x100
IN_MOVED_TO = 0x80
IN_DELETE_SELF = 0x400

_IN_CLOEXEC = os.O_CLOEXEC
_IN_NONBLOCK = os.O_NONBLOCK
_BUFFER_BYTES = 64 * 1024
_EVENT = struct.Struct("iIII")
"""struct inotify_event, without the name that follows it."""


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


class WatchSet:
    """One inotify instance that watches many paths: the number of instances of a user is small (max_user_instances)."""

    def __init__(self) -> None:
        """OSError as inotify_init1(2)."""
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._fd: int = self._libc.inotify_init1(_IN_CLOEXEC | _IN_NONBLOCK)
        if self._fd < 0:
            raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

    def fileno(self) -> int:
        """The descriptor, non-blocking."""
        return self._fd

    def add(self, path: str, events: int) -> int:
        """Watches `path` for `events` (IN_*); the number that `arrived` will give. OSError as inotify_add_watch(2)."""
        number: int = self._libc.inotify_add_watch(self._fd, os.fsencode(path), events)
        if number < 0:
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error), path)
        return number

    def remove(self, number: int) -> None:
        """Ends one watch; harmless when its path is gone."""
        self._libc.inotify_rm_watch(self._fd, number)

    def arrived(self) -> set[int]:
        """The numbers of the watches for which something has happened since the last call."""
        numbers: set[int] = set()
        while True:
            try:
                data = os.read(self._fd, _BUFFER_BYTES)
            except BlockingIOError:
                return numbers
            position = 0
            while position < len(data):
                number, _, _, size = _EVENT.unpack_from(data, position)
                numbers.add(number)
                position += _EVENT.size + size

    def close(self) -> None:
        """Ends all watches."""
        os.close(self._fd)
