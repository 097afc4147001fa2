"""The seccomp program of a container: made before the fork, kept in its directory for those that are exec'd later."""

import os

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.runtime.launch import Filter
from dockyard.runtime.seccomp.compile import bpf_program
from dockyard.runtime.seccomp.filter_flags import filter_flags
from dockyard.spec.runtime import Linux

FILE = "filter"
_LARGEST_BYTES = 1 << 16


def filter_of(linux: Linux, cache_dir: str | None) -> Filter | None:
    """The filter that `linux` wants, or None. InvalidParameter, NotImplementedYet, Unavailable."""
    if linux.seccomp is None:
        return None
    program = bpf_program(linux.seccomp, cache_dir)
    return Filter(program, filter_flags(linux.seccomp.flags)) if program else None


def save_filter(directory: str, chosen: Filter) -> None:
    """Keep the program in `directory`, the container's; its flags are part of the state. SystemFailure."""
    path = f"{directory}/{FILE}"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, chosen.program)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SystemFailure(f"write {path}: {reason(error)}") from error


def saved_filter(directory: str, flags: int | None) -> Filter | None:
    """What `save_filter` kept; None when `flags` is, for a container without a filter. SystemFailure."""
    if flags is None:
        return None
    path = f"{directory}/{FILE}"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        try:
            return Filter(os.read(descriptor, _LARGEST_BYTES), flags)
        finally:
            os.close(descriptor)
    except OSError as error:
        raise SystemFailure(f"read {path}: {reason(error)}") from error
