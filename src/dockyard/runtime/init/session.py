"""A session of its own for the process: of processes, setsid(2), and of keys, session-keyring(7)."""

import errno
import os

from dockyard.errors import SystemFailure
from dockyard.linux import keyring
from dockyard.linux.libc import reason


def new_session(container_id: str | None) -> None:
    """Lead a new session; with `container_id` join that container's keyring, so that the caller's keys are out of
    reach.

    The first process makes the keyring, others find it by its name. A kernel without keys has none to protect.
    """
    os.setsid()
    if container_id is None:
        return
    try:
        keyring.join_new_session(f"_ses.{container_id}")
    except OSError as error:
        if error.errno != errno.ENOSYS:
            raise SystemFailure(f"unable to join session keyring: {reason(error)}") from error
