"""User namespaces: writing their mappings, and having one for its mappings alone. user_namespaces(7)."""

import os
import signal

from dockyard.errors import SystemFailure
from dockyard.linux.clone import fork_into
from dockyard.linux.libc import reason
from dockyard.linux.namespaces import CLONE_NEWUSER
from dockyard.spec.runtime import IdMapping


def write_mappings(pid: int, uids: tuple[IdMapping, ...], gids: tuple[IdMapping, ...]) -> None:
    """Give the new user namespace of process `pid` its mappings; each can be written once. SystemFailure."""
    for name, mappings in (("uid_map", uids), ("gid_map", gids)):
        if not mappings:
            continue
        lines = "".join(f"{each.container_id} {each.host_id} {each.size}\n" for each in mappings)
        try:
            descriptor = os.open(f"/proc/{pid}/{name}", os.O_WRONLY | os.O_CLOEXEC)
            try:
                os.write(descriptor, lines.encode())
            finally:
                os.close(descriptor)
        except OSError as error:
            raise SystemFailure(f"failed to update /proc/{pid}/{name}: {reason(error)}") from error


def mapped_user_namespace(uids: tuple[IdMapping, ...], gids: tuple[IdMapping, ...]) -> int:
    """A descriptor, close-on-exec, of a new user namespace with these mappings and no process in it.

    For mount_setattr(2), which takes mappings in that form only. The caller has one thread. SystemFailure.
    """
    try:
        child = fork_into(CLONE_NEWUSER)
        if child is None:
            while True:
                signal.pause()
    except OSError as error:
        raise SystemFailure(f"create a user namespace: {reason(error)}") from error
    try:
        write_mappings(child.pid, uids, gids)
        return os.open(f"/proc/{child.pid}/ns/user", os.O_RDONLY | os.O_CLOEXEC)
    except OSError as error:
        raise SystemFailure(f"open the new user namespace: {reason(error)}") from error
    finally:
        os.kill(child.pid, signal.SIGKILL)
        os.waitpid(child.pid, 0)
        os.close(child.pidfd)
