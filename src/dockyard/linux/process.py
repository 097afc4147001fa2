"""Attributes of this process: prctl(2), personality(2), names of the host."""

import ctypes
from typing import Final

from dockyard.linux.libc import LIBC, call

PR_SET_PDEATHSIG: Final = 1
PR_SET_DUMPABLE: Final = 4
PR_SET_KEEPCAPS: Final = 8
PR_SET_NAME: Final = 15
PR_SET_CHILD_SUBREAPER: Final = 36
PR_SET_NO_NEW_PRIVS: Final = 38

NOT_DUMPABLE: Final = (PR_SET_DUMPABLE, 0)
"""Arguments of `prctl`: others may not trace the process nor open its /proc files; execve(2) takes it back."""

NO_NEW_PRIVILEGES: Final = (PR_SET_NO_NEW_PRIVS, 1)
"""Arguments of `prctl`: from then on execve(2) grants nothing that the process doesn't have; can't be undone."""

KEEP_CAPABILITIES: Final = (PR_SET_KEEPCAPS, 1)
LOSE_CAPABILITIES: Final = (PR_SET_KEEPCAPS, 0)
"""Arguments of `prctl`: whether the permitted set outlives the change from uid 0 to another."""

PER_LINUX: Final = 0
PER_LINUX32: Final = 8

LIBC.prctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong, ctypes.c_ulong]
LIBC.personality.argtypes = [ctypes.c_ulong]
LIBC.sethostname.argtypes = LIBC.setdomainname.argtypes = [ctypes.c_char_p, ctypes.c_size_t]


def prctl(option: int, argument: int = 0, third: int = 0) -> int:
    """prctl(2) with numeric arguments. OSError as the call."""
    return call(LIBC.prctl, option, argument, third, 0, 0)


def set_dumpable(dumpable: bool) -> None:
    """Whether others may trace this process and open its /proc files; execve(2) sets it again."""
    prctl(PR_SET_DUMPABLE, int(dumpable))


def set_child_subreaper(subreaper: bool) -> None:
    """Whether orphans below this process become its children."""
    prctl(PR_SET_CHILD_SUBREAPER, int(subreaper))


def set_parent_death_signal(number: int) -> None:
    """The signal that this process gets when its parent dies; 0 for none."""
    prctl(PR_SET_PDEATHSIG, number)


def set_name(name: str) -> None:
    """The name in /proc/self/comm, cut to 15 bytes."""
    buffer = ctypes.create_string_buffer(name.encode()[:15])
    prctl(PR_SET_NAME, ctypes.addressof(buffer))


def set_personality(persona: int) -> None:
    """The execution domain, for example PER_LINUX32. OSError as personality(2)."""
    call(LIBC.personality, persona)


def set_hostname(name: str) -> None:
    """The host name of this UTS namespace. OSError as sethostname(2)."""
    raw = name.encode()
    call(LIBC.sethostname, raw, len(raw))


def set_domainname(name: str) -> None:
    """The NIS domain name of this UTS namespace. OSError as setdomainname(2)."""
    raw = name.encode()
    call(LIBC.setdomainname, raw, len(raw))
