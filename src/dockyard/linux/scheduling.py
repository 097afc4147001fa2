"""Scheduling of this process: sched_setattr(2) and ioprio_set(2)."""

import ctypes
from typing import Final

from dockyard.linux.libc import LONG, POINTER, older_system_call

POLICIES: Final = {
    "SCHED_OTHER": 0,
    "SCHED_FIFO": 1,
    "SCHED_RR": 2,
    "SCHED_BATCH": 3,
    "SCHED_ISO": 4,
    "SCHED_IDLE": 5,
    "SCHED_DEADLINE": 6,
}
FLAGS: Final = {
    "SCHED_FLAG_RESET_ON_FORK": 0x01,
    "SCHED_FLAG_RECLAIM": 0x02,
    "SCHED_FLAG_DL_OVERRUN": 0x04,
    "SCHED_FLAG_KEEP_POLICY": 0x08,
    "SCHED_FLAG_KEEP_PARAMS": 0x10,
    "SCHED_FLAG_UTIL_CLAMP_MIN": 0x20,
    "SCHED_FLAG_UTIL_CLAMP_MAX": 0x40,
}
IO_CLASSES: Final = {"IOPRIO_CLASS_RT": 1, "IOPRIO_CLASS_BE": 2, "IOPRIO_CLASS_IDLE": 3}

_sched_setattr = older_system_call("sched_setattr", LONG, POINTER, LONG)
_ioprio_set = older_system_call("ioprio_set", LONG, LONG, LONG)
_CLASS_SHIFT = 13
_WHO_PROCESS = 1


class _SchedAttr(ctypes.Structure):
    """struct sched_attr of sched_setattr(2), first version."""

    _fields_ = (
        ("size", ctypes.c_uint32),
        ("sched_policy", ctypes.c_uint32),
        ("sched_flags", ctypes.c_uint64),
        ("sched_nice", ctypes.c_int32),
        ("sched_priority", ctypes.c_uint32),
        ("sched_runtime", ctypes.c_uint64),
        ("sched_deadline", ctypes.c_uint64),
        ("sched_period", ctypes.c_uint64),
    )


def set_scheduler(
    policy: int, flags: int = 0, nice: int = 0, priority: int = 0, runtime: int = 0, deadline: int = 0, period: int = 0
) -> None:
    """Policy and parameters of this process; times in nanoseconds. OSError as sched_setattr(2)."""
    record = _SchedAttr(ctypes.sizeof(_SchedAttr), policy, flags, nice, priority, runtime, deadline, period)
    _sched_setattr(0, ctypes.byref(record), 0)


def set_io_priority(io_class: int, priority: int) -> None:
    """Block IO class and priority (0 to 7) of this process. OSError as ioprio_set(2)."""
    _ioprio_set(_WHO_PROCESS, 0, io_class << _CLASS_SHIFT | priority)
