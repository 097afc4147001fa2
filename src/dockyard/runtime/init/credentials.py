"""Becoming the user of the process, with exactly its capabilities: credentials(7), capabilities(7)."""

import os

from dockyard.errors import SystemFailure
from dockyard.linux import capabilities
from dockyard.linux.libc import reason
from dockyard.linux.process import set_keep_capabilities
from dockyard.spec.runtime import Capabilities, User

SYS_ADMIN = 1 << capabilities.NUMBERS["CAP_SYS_ADMIN"]


def become_mapped_root() -> None:
    """User and group 0 of a user namespace whose mappings have just been written. SystemFailure."""
    try:
        os.setgroups(())
        os.setresgid(0, 0, 0)
        os.setresuid(0, 0, 0)
    except OSError as error:
        raise SystemFailure(f"become root of the user namespace: {reason(error)}") from error


class Privileges:
    """The change in two parts: `reduce` before the process waits, `drop_last` right before execve.

    Without no_new_privs a filter may only be installed by who has CAP_SYS_ADMIN; a process that needs that keeps
    it, not effective, until then. The rest is gone from the first part on. `wanted` None: no capabilities at all.
    """

    def __init__(self, wanted: Capabilities | None, user: User, keep_admin: bool) -> None:
        wanted = wanted or Capabilities()
        available = capabilities.own()[1]
        # What the caller itself doesn't have can't be given: left out, as runc does with a warning.
        self._bounding = capabilities.mask_of(wanted.bounding)
        self._permitted = capabilities.mask_of(wanted.permitted) & available
        self._effective = capabilities.mask_of(wanted.effective) & self._permitted
        self._inheritable = capabilities.mask_of(wanted.inheritable) & (available | self._permitted)
        self._ambient = capabilities.mask_of(wanted.ambient) & self._permitted & self._inheritable
        self._kept = (self._permitted | SYS_ADMIN) & available if keep_admin else self._permitted
        self._user = user

    def reduce(self) -> None:
        """Limit the bounding set, become the user, and keep only what is wanted. SystemFailure."""
        try:
            capabilities.limit_bounding(self._bounding)
        except OSError as error:
            raise SystemFailure(f"unable to apply bounding set: {reason(error)}") from error
        set_keep_capabilities(True)
        self._become_user()
        set_keep_capabilities(False)
        try:
            capabilities.set_own(self._effective, self._kept, self._inheritable)
            if self._ambient:
                capabilities.set_ambient(self._ambient)
        except OSError as error:
            raise SystemFailure(f"unable to apply caps: {reason(error)}") from error

    def _become_user(self) -> None:
        step = "setgroups"
        try:
            os.setgroups(self._user.additional_gids)
            step = "setgid"
            os.setresgid(self._user.gid, self._user.gid, self._user.gid)
            step = "setuid"
            os.setresuid(self._user.uid, self._user.uid, self._user.uid)
        except (OSError, OverflowError) as error:
            why = reason(error) if isinstance(error, OSError) else "invalid argument"
            raise SystemFailure(f"{step}: {why}") from error

    def raise_admin(self) -> None:
        """Make the kept CAP_SYS_ADMIN effective, to install the filter. OSError."""
        capabilities.set_own(self._effective | (self._kept & SYS_ADMIN), self._kept, self._inheritable)

    def drop_last(self) -> None:
        """Give it up, unless the process is to have it. OSError when the filter itself forbids capset(2)."""
        if self._kept & SYS_ADMIN:
            capabilities.set_own(self._effective, self._permitted, self._inheritable)
