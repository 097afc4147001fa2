"""The namespaces of a container whose root isn't the host's: a user namespace, and a network namespace that it owns.

Both must be there before the container: the engine sets its network up first, and only who is in the user namespace
that owns a network namespace rules it. A thread of the daemon can't enter a user namespace; a fork of the supervisor
makes them, pins each to a file, and is gone. user_namespaces(7), network_namespaces(7).
"""

import os
import signal
from collections.abc import Callable
from typing import Any, NoReturn

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.linux.clone import Child, fork_into
from dockyard.linux.libc import reason
from dockyard.linux.namespace_file import pin, unpin
from dockyard.linux.namespaces import CLONE_NEWNET, CLONE_NEWUSER, setns, unshare
from dockyard.runtime.user_namespace import write_mappings
from dockyard.spec.runtime import IdMapping

OP = "sandbox"


def make_sandbox(message: dict[str, Any]) -> dict[str, Any]:
    """Make what `message` asks for.

    `user`: the file to pin a new user namespace to, with the mappings `uids` and `gids`; or, with `join`, the path of
    one that exists. `network`: the file to pin the new network namespace to.

    Raises:
        InvalidParameter: the message isn't whole.
        SystemFailure: the kernel refused; nothing is left.
    """
    try:
        user, network, join = str(message["user"]), str(message["network"]), str(message["join"])
        uids, gids = (tuple(IdMapping(*map(int, one)) for one in message[name]) for name in ("uids", "gids"))
    except (KeyError, TypeError, ValueError) as error:
        raise InvalidParameter(f"invalid message: {error!r}") from error
    holder = _join(join) if join else _new()
    try:
        if not join:
            write_mappings(holder.pid, uids, gids)
            _pin(holder, "user", user)
        try:
            _pin(holder, "net", network)
        except BaseException:
            if not join:
                unpin(user)
            raise
    finally:
        os.kill(holder.pid, signal.SIGKILL)
        os.waitpid(holder.pid, 0)
        os.close(holder.pidfd)
    return {}


def _new() -> Child:
    """A process in new namespaces; the user namespace is made first, and so owns the other. SystemFailure."""
    return _fork(CLONE_NEWUSER | CLONE_NEWNET, _wait)


def _join(path: str) -> Child:
    """A process in the user namespace at `path`, with a network namespace of its own. SystemFailure."""
    reader, writer = os.pipe2(os.O_CLOEXEC)

    def enter() -> NoReturn:
        try:
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            setns(descriptor, CLONE_NEWUSER)
            unshare(CLONE_NEWNET)
        except OSError as error:
            os.write(writer, reason(error).encode())
            os._exit(1)
        os.write(writer, b"ok")
        _wait()

    try:
        child = _fork(0, enter)
        said = os.read(reader, 256)
    finally:
        os.close(reader)
        os.close(writer)
    if said != b"ok":
        os.waitpid(child.pid, 0)
        os.close(child.pidfd)
        raise SystemFailure(f"join the user namespace {path}: {said.decode()}")
    return child


def _fork(flags: int, work: Callable[[], NoReturn]) -> Child:
    try:
        child = fork_into(flags)
    except OSError as error:
        raise SystemFailure(f"create namespaces: {reason(error)}") from error
    if child is None:
        work()
    return child


def _wait() -> NoReturn:
    while True:
        signal.pause()


def _pin(holder: Child, kind: str, path: str) -> None:
    try:
        descriptor = os.open(f"/proc/{holder.pid}/ns/{kind}", os.O_RDONLY | os.O_CLOEXEC)
        try:
            pin(descriptor, path)
        finally:
            os.close(descriptor)
    except OSError as error:
        unpin(path)
        raise SystemFailure(f"pin a {kind} namespace to {path}: {reason(error)}") from error
