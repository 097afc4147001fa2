"""The name and the arguments under which `ps`, `top` and `pstree` show this process.

`/proc/<pid>/cmdline` is what lies in memory between two addresses that the kernel keeps for a process. A forked process
has those of its parent; PR_SET_MM_MAP moves them, and unlike PR_SET_MM it needs no privilege. Where the kernel lacks it
(CONFIG_CHECKPOINT_RESTORE), the new arguments are written over the old, cut to their space.

https://man7.org/linux/man-pages/man2/PR_SET_MM.2const.html
"""

import ctypes
import os
import struct

from dockyard.linux.libc import LIBC

_PR_SET_MM = 35
_PR_SET_MM_MAP = 14

MAX_NAME_BYTES = 15
"""TASK_COMM_LEN without its terminating NUL."""

MAX_ARGUMENTS_BYTES = 4096

# `struct prctl_mm_map`: start_code, end_code, start_data, end_data, start_brk, brk, start_stack, arg_start, arg_end,
# env_start, env_end, auxv, auxv_size, exe_fd.
_MEMORY_MAP = struct.Struct("=12QIi")
# Where the first eleven are in /proc/<pid>/stat, counted from its third field (proc_pid_stat(5)); brk isn't there.
_STAT_FIELDS = (23, 24, 42, 43, 44, None, 25, 45, 46, 47, 48)
_BRK, _ARG_START, _ARG_END = 5, 7, 8

LIBC.sbrk.restype = ctypes.c_void_p


class Title:
    """Changes the title of the process that made it, or of a fork of that.

    Made before the fork, so that the fork has little to do: memory has the same addresses there. The object must live
    as long as the process shows the title.
    """

    def __init__(self) -> None:
        with open("/proc/self/stat", "rb") as file:
            stat = file.read().rpartition(b")")[2].split()
        self._layout = [0 if at is None else int(stat[at]) for at in _STAT_FIELDS]
        self._memory = ctypes.create_string_buffer(MAX_ARGUMENTS_BYTES)
        self._map = ctypes.create_string_buffer(_MEMORY_MAP.size)
        self._memory_address = ctypes.addressof(self._memory)
        self._map_address = ctypes.addressof(self._map)

    def show(self, arguments: list[str]) -> None:
        """Show this process as the program `arguments[0]`, whose last path component, cut to 15 bytes, is the name.

        What the kernel refuses is passed over: a title is for people.
        """
        text = os.fsencode("\0".join(arguments) + "\0")[:MAX_ARGUMENTS_BYTES]
        _set_name(os.fsencode(os.path.basename(arguments[0])))
        self._memory[: len(text)] = text  # type: ignore[call-overload]
        layout = [*self._layout, 0]
        layout[_BRK] = LIBC.sbrk(0)
        layout[_ARG_START] = self._memory_address
        layout[_ARG_END] = self._memory_address + len(text)
        _MEMORY_MAP.pack_into(self._map, 0, *layout, 0, -1)
        size = ctypes.c_ulong(_MEMORY_MAP.size)
        if LIBC.prctl(_PR_SET_MM, _PR_SET_MM_MAP, ctypes.c_ulong(self._map_address), size, ctypes.c_ulong(0)) != 0:
            self._overwrite(text)

    def _overwrite(self, text: bytes) -> None:
        start, room = self._layout[_ARG_START], self._layout[_ARG_END] - self._layout[_ARG_START]
        if room > 0:
            ctypes.memmove(start, text[: room - 1].ljust(room, b"\0"), room)


def _set_name(name: bytes) -> None:
    descriptor = os.open("/proc/self/comm", os.O_WRONLY | os.O_CLOEXEC)
    try:
        os.write(descriptor, name[:MAX_NAME_BYTES])
    finally:
        os.close(descriptor)
