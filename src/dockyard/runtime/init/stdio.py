"""Standard input, output and error of the process."""

import errno
import fcntl
import os
import stat

from dockyard.errors import SystemFailure
from dockyard.linux.libc import reason
from dockyard.runtime.init.steps import Step
from dockyard.runtime.launch import Stdio

_ABOVE = 3
NULL_DEVICE = os.makedev(1, 3)


def take(stdio: Stdio) -> None:
    """Make the descriptors of `stdio` 0, 1 and 2; they may be any of those themselves. SystemFailure."""
    try:
        copies = [fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, _ABOVE) for descriptor in stdio]
        for number, descriptor in enumerate(copies):
            os.dup2(descriptor, number)
            os.close(descriptor)
    except OSError as error:
        raise SystemFailure(f"set up stdio: {reason(error)}") from error


def taking(stdio: Stdio) -> list[Step]:
    """As `take`, for a process that is forked with these descriptors."""
    if min(stdio) < _ABOVE:
        return [Step("set up stdio", take, (stdio,))]
    return [Step("set up stdio", os.dup2, (descriptor, number)) for number, descriptor in enumerate(stdio)]


def owned_by(uid: int, stdio: Stdio) -> bool:
    """Whether `give_to` would have nothing to do with these."""
    return all(_is_owned(os.fstat(descriptor), uid) for descriptor in stdio)


def _is_owned(status: os.stat_result, uid: int) -> bool:
    return status.st_uid == uid or (stat.S_ISCHR(status.st_mode) and status.st_rdev == NULL_DEVICE)


def give_to(uid: int) -> None:
    """Make `uid` the owner of 0, 1 and 2, so that it may open them again through /dev/stdout. SystemFailure.

    Not the null device, which is everybody's; and where it can't be (a read-only file system, an id that isn't
    mapped) it stays as it is.
    """
    for descriptor in range(3):
        try:
            if _is_owned(os.fstat(descriptor), uid):
                continue
            os.fchown(descriptor, uid, -1)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EPERM, errno.EROFS, errno.EBADF):
                raise SystemFailure(f"fchown of fd {descriptor}: {reason(error)}") from error
