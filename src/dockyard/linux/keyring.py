"""The session keyring: keyctl(2)."""

from dockyard.linux.libc import number_of, system_call

_JOIN_SESSION_KEYRING, _SETPERM = 1, 5
_PERMISSIONS = 0x3F1B0000
"""The kernel's (all to the possessor; view, read, link to its user) and search to its user: keyctl_setperm(3)."""


def join_new_session(name: str) -> int:
    """Give this process a new session keyring `name`, so that it can't reach its creator's keys; the key's number.

    OSError: ENOSYS where the kernel has no keys, EDQUOT when the user has too many.
    """
    number = number_of("keyctl")
    ring = system_call(number, _JOIN_SESSION_KEYRING, name.encode())
    system_call(number, _SETPERM, ring, _PERMISSIONS)
    return ring
