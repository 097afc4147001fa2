"""The seccomp program of a process, made before the fork."""

from dockyard.runtime.launch import Filter
from dockyard.runtime.seccomp.compile import bpf_program
from dockyard.runtime.seccomp.filter_flags import filter_flags
from dockyard.spec.runtime import Linux


def filter_of(linux: Linux, cache_dir: str | None) -> Filter | None:
    """The filter that `linux` wants, or None. InvalidParameter, NotImplementedYet, Unavailable."""
    if linux.seccomp is None:
        return None
    program = bpf_program(linux.seccomp, cache_dir)
    return Filter(program, filter_flags(linux.seccomp.flags)) if program else None
