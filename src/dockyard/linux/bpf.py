"""BPF programs that filter the devices of a cgroup: bpf(2)."""

import ctypes
import os
from typing import Final

from dockyard.linux.libc import LONG, POINTER, older_system_call

_bpf_call = older_system_call("bpf", LONG, POINTER, LONG)
_PROG_LOAD, _PROG_ATTACH, _PROG_DETACH, _PROG_GET_FD_BY_ID, _PROG_QUERY = 5, 8, 9, 13, 16
_CGROUP_DEVICE_PROGRAM, _CGROUP_DEVICE_POINT = 15, 6
_ALLOW_MULTI = 2
_MOST_PROGRAMS: Final = 64


class _Load(ctypes.Structure):
    """The part of union bpf_attr for BPF_PROG_LOAD."""

    _fields_ = (
        ("prog_type", ctypes.c_uint32),
        ("insn_cnt", ctypes.c_uint32),
        ("insns", ctypes.c_uint64),
        ("license", ctypes.c_uint64),
        ("log_level", ctypes.c_uint32),
        ("log_size", ctypes.c_uint32),
        ("log_buf", ctypes.c_uint64),
        ("kern_version", ctypes.c_uint32),
        ("prog_flags", ctypes.c_uint32),
        ("prog_name", ctypes.c_char * 16),
    )


class _Attach(ctypes.Structure):
    """The part of union bpf_attr for BPF_PROG_ATTACH and BPF_PROG_DETACH."""

    _fields_ = (
        ("target_fd", ctypes.c_uint32),
        ("attach_bpf_fd", ctypes.c_uint32),
        ("attach_type", ctypes.c_uint32),
        ("attach_flags", ctypes.c_uint32),
    )


class _Query(ctypes.Structure):
    """The part of union bpf_attr for BPF_PROG_QUERY."""

    _fields_ = (
        ("target_fd", ctypes.c_uint32),
        ("attach_type", ctypes.c_uint32),
        ("query_flags", ctypes.c_uint32),
        ("attach_flags", ctypes.c_uint32),
        ("prog_ids", ctypes.c_uint64),
        ("prog_cnt", ctypes.c_uint32),
    )


def load(instructions: bytes) -> int:
    """Load a device filter; its descriptor, close-on-exec. OSError when the verifier refuses it."""
    code = ctypes.create_string_buffer(instructions, len(instructions))
    licence = ctypes.create_string_buffer(b"Apache")
    record = _Load(
        prog_type=_CGROUP_DEVICE_PROGRAM,
        insn_cnt=len(instructions) // 8,
        insns=ctypes.addressof(code),
        license=ctypes.addressof(licence),
        prog_name=b"dockyard_dev",
    )
    return _bpf(_PROG_LOAD, record)


def attach(program: int, cgroup: int) -> None:
    """Attach the loaded `program` to the cgroup directory `cgroup`, beside those that are there, and close it."""
    try:
        _bpf(_PROG_ATTACH, _Attach(cgroup, program, _CGROUP_DEVICE_POINT, _ALLOW_MULTI))
    finally:
        os.close(program)


def attached(cgroup: int) -> list[int]:
    """Numbers of the device filters attached to the cgroup directory `cgroup` itself."""
    numbers = (ctypes.c_uint32 * _MOST_PROGRAMS)()
    record = _Query(cgroup, _CGROUP_DEVICE_POINT, 0, 0, ctypes.addressof(numbers), _MOST_PROGRAMS)
    _bpf(_PROG_QUERY, record)
    return list(numbers[: record.prog_cnt])


def detach(number: int, cgroup: int) -> None:
    """Take the filter `number` off the cgroup directory `cgroup`."""
    request = (ctypes.c_uint32 * 3)(number)
    program = _bpf(_PROG_GET_FD_BY_ID, request)
    try:
        _bpf(_PROG_DETACH, _Attach(cgroup, program, _CGROUP_DEVICE_POINT))
    finally:
        os.close(program)


def _bpf(command: int, record: ctypes.Structure | ctypes.Array[ctypes.c_uint32]) -> int:
    """bpf(2). The kernel wants all bytes beyond what a command uses to be zero, so just the record is given."""
    return _bpf_call(command, ctypes.byref(record), ctypes.sizeof(record))
