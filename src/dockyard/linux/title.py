"""The name and the arguments under which `ps`, `top` and `pstree` show this process.

`/proc/<pid>/cmdline` is what lies in memory between two addresses that the kernel keeps for a process. A forked process
has those of its parent; PR_SET_MM_MAP moves them, and unlike PR_SET_MM it needs no privilege. Where the kernel lacks it
(CONFIG_CHECKPOINT_RESTORE), the new arguments are written over the old, cut to their space.

https://man7.org/linux/man-pages/man2/PR_SET_MM.2const.html
"""

import ctypes
import os

_PR_SET_NAME = 15
_PR_SET_MM = 35
_PR_SET_MM_MAP = 14

MAX_NAME_BYTES = 15
"""TASK_COMM_LEN without its terminating NUL."""


class _MemoryMap(ctypes.Structure):
    """`struct prctl_mm_map`."""

    _fields_ = [
        (name, ctypes.c_uint64)
        for name in (
            "start_code",
            "end_code",
            "start_data",
            "end_data",
            "start_brk",
            "brk",
            "start_stack",
            "arg_start",
            "arg_end",
            "env_start",
            "env_end",
            "auxv",
        )
    ] + [("auxv_size", ctypes.c_uint32), ("exe_fd", ctypes.c_int32)]


# Fields of /proc/<pid>/stat by their number in proc_pid_stat(5), less the three up to the closing parenthesis.
_STAT_FIELDS = {
    "start_code": 23,
    "end_code": 24,
    "start_stack": 25,
    "start_data": 42,
    "end_data": 43,
    "start_brk": 44,
    "arg_start": 45,
    "arg_end": 46,
    "env_start": 47,
    "env_end": 48,
}

_libc = ctypes.CDLL(None, use_errno=True)
_libc.sbrk.restype = ctypes.c_void_p


def set_title(arguments: list[str]) -> object:
    """Show this process as the program `arguments[0]` (its last path component, at most 15 bytes, becomes the name).

    Returns the memory that holds `arguments`, which the caller keeps for as long as the process lives. What the kernel
    refuses is passed over: a title is for people.
    """
    text = b"\0".join(os.fsencode(argument) for argument in arguments) + b"\0"
    name = os.path.basename(os.fsencode(arguments[0]))[:MAX_NAME_BYTES]
    _libc.prctl(_PR_SET_NAME, ctypes.c_char_p(name), 0, 0, 0)
    with open("/proc/self/stat", "rb") as file:
        stat = file.read().rpartition(b")")[2].split()
    memory = ctypes.create_string_buffer(text, len(text))
    layout = _MemoryMap(exe_fd=-1, brk=_libc.sbrk(0), **{name: int(stat[at]) for name, at in _STAT_FIELDS.items()})
    old_start, old_end = layout.arg_start, layout.arg_end
    layout.arg_start = ctypes.addressof(memory)
    layout.arg_end = layout.arg_start + len(text)
    size = ctypes.c_ulong(ctypes.sizeof(layout))
    if _libc.prctl(_PR_SET_MM, ctypes.c_ulong(_PR_SET_MM_MAP), ctypes.byref(layout), size, ctypes.c_ulong(0)) == 0:
        return memory
    room = old_end - old_start
    if room > 0:
        ctypes.memmove(old_start, text[: room - 1].ljust(room, b"\0"), room)
    return None
