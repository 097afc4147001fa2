"""The session keyring: keyctl(2)."""

from dockyard.linux.libc import LONG, STRING, older_system_call

_keyctl = older_system_call("keyctl", LONG, LONG, LONG)
_keyctl_text = older_system_call("keyctl", LONG, STRING)
_JOIN_SESSION_KEYRING, _SETPERM = 1, 5
_PERMISSIONS = 0x3F1B0000
"""The kernel's (all to the possessor; view, read, link to its user) and search to its user: keyctl_setperm(3)."""


def join_new_session(name: str) -> int:
    """Give this process a new session keyring `name`, so that it can't reach its creator's keys; the key's number.

    OSError: ENOSYS where the kernel has no keys, EDQUOT when the user has too many.
    """
    ring = _keyctl_text(_JOIN_SESSION_KEYRING, name.encode())
    _keyctl(_SETPERM, ring, _PERMISSIONS)
    return ring
