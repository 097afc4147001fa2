"""Becoming the user of the process, with exactly its capabilities: credentials(7), capabilities(7)."""

import os

from dockyard.errors import SystemFailure
from dockyard.linux import capabilities
from dockyard.linux.libc import reason
from dockyard.linux.process import KEEP_CAPABILITIES, LOSE_CAPABILITIES, prctl
from dockyard.runtime.init.steps import Step
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
    """The change in two parts: `reducing` before the process waits, `dropping_admin` right before execve.

    Without no_new_privs a filter may only be installed by who has CAP_SYS_ADMIN; a process that needs that keeps
    it, not effective, until then. The rest is gone from the first part on. `wanted` None: no capabilities at all.
    `available` are those that the process can give itself, as bits.
    """

    def __init__(self, wanted: Capabilities | None, user: User, available: int, keep_admin: bool) -> None:
        wanted = wanted or Capabilities()
        # What the caller itself doesn't have can't be given: left out, as runc does with a warning.
        self._bounding = capabilities.mask_of(wanted.bounding)
        self._permitted = capabilities.mask_of(wanted.permitted) & available
        self._effective = capabilities.mask_of(wanted.effective) & self._permitted
        self._inheritable = capabilities.mask_of(wanted.inheritable) & (available | self._permitted)
        self._ambient = capabilities.mask_of(wanted.ambient) & self._permitted & self._inheritable
        self._kept = (self._permitted | SYS_ADMIN) & available if keep_admin else self._permitted
        self._user = user

    def reducing(self) -> list[Step]:
        """Limit the bounding set, become the user, and keep only what is wanted."""
        bounding = [
            Step("unable to apply bounding set", prctl, drop) for drop in capabilities.bounding_drops(self._bounding)
        ]
        sets = [self._sets(self._effective, self._kept)]
        if self._ambient:
            sets.append(Step("unable to apply caps", capabilities.set_ambient, (self._ambient,)))
        return [
            *bounding,
            Step("keep capabilities", prctl, KEEP_CAPABILITIES),
            *self._becoming_user(),
            Step("keep capabilities", prctl, LOSE_CAPABILITIES),
            *sets,
        ]

    def raising_admin(self) -> list[Step]:
        """Make the kept CAP_SYS_ADMIN effective, to install the filter."""
        return [self._sets(self._effective | (self._kept & SYS_ADMIN), self._kept)]

    def dropping_admin(self) -> list[Step]:
        """Give it up, unless the process is to have it. It fails when the filter itself forbids capset(2)."""
        return [self._sets(self._effective, self._permitted)] if self._kept & SYS_ADMIN else []

    def _sets(self, effective: int, permitted: int) -> Step:
        call, arguments = capabilities.prepared(effective, permitted, self._inheritable)
        return Step("unable to apply caps", call, arguments)

    def _becoming_user(self) -> list[Step]:
        uid, gid, groups = self._user.uid, self._user.gid, self._user.additional_gids
        return [
            Step("setgroups", os.setgroups, (groups,)),
            Step("setgid", os.setresgid, (gid, gid, gid)),
            Step("setuid", os.setresuid, (uid, uid, uid)),
        ]
