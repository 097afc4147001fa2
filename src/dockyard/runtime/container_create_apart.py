"""create, by a process that goes away: for a caller that lives long and shall stay small.

What create touches and allocates (2 MB: the decoded configuration, copies of pages of the interpreter) would stay
with the caller, one shim for each container. Here a fork of it does the work and ends; the container's first process
is its sibling, a child of the caller as after `create`.
"""

import json
import os
from collections.abc import Callable
from typing import NamedTuple, NoReturn

from dockyard.cgroups import Hierarchy
from dockyard.errors import SystemFailure, from_wire, to_wire
from dockyard.linux.clone import fork_into
from dockyard.linux.libc import reason
from dockyard.runtime.container_create import Stdio, create
from dockyard.runtime.container_state import read_spec
from dockyard.runtime.init_process import InitProcess

_CHUNK = 1 << 16


class Created(NamedTuple):
    """The number of the first process, and what failing poststart hooks said."""

    pid: int
    warnings: tuple[str, ...]


def create_apart(
    bundle: str,
    container_id: str,
    *,
    state_root: str,
    stdio: Stdio,
    start: bool,
    console_socket: int | None = None,
    hierarchy: Hierarchy | None = None,
    seccomp_cache: str | None = None,
) -> Created:
    """Make the container of `bundle`, whose configuration is its config.json, and with `start` start it.

    Without `start` it is to be started by `container_start.start`, from any process. The other arguments and errors are
    those of `create`.

    The caller has one thread and, should this fail, no children whose end it wants to know.
    """
    reader, writer = os.pipe2(os.O_CLOEXEC)
    try:
        worker = fork_into()
    except OSError as error:
        os.close(reader)
        os.close(writer)
        raise SystemFailure(f"fork: {reason(error)}") from error
    if worker is None:
        _work(
            writer,
            lambda: create(
                read_spec(bundle),
                bundle,
                container_id,
                state_root=state_root,
                stdio=stdio,
                console_socket=console_socket,
                detached=not start,
                start=start,
                sibling=True,
                hierarchy=hierarchy,
                seccomp_cache=seccomp_cache,
            ),
        )
    os.close(writer)
    try:
        answer = _read_all(reader)
        os.waitpid(worker.pid, 0)
    finally:
        os.close(reader)
        os.close(worker.pidfd)
    if not answer:
        _reap()
        raise SystemFailure("the process that creates the container was killed")
    document = json.loads(answer)
    if "message" in document:
        _reap()
        raise from_wire(document["kind"], document["message"])
    return Created(document["pid"], tuple(document["warnings"]))


def _work(writer: int, make: Callable[[], InitProcess]) -> NoReturn:
    """In the worker: make it, tell how it went, and end."""
    try:
        try:
            created = make()
            answer: dict[str, object] = {"pid": created.pid, "warnings": created.warnings}
        except BaseException as error:  # whatever it is, nobody else can tell
            answer = {**to_wire(error)}
        os.write(writer, json.dumps(answer).encode())
    finally:
        os._exit(0)


def _read_all(reader: int) -> bytes:
    """What is written until all writers are gone, or a whole answer."""
    text = b""
    while not text.endswith(b"}"):
        part = os.read(reader, _CHUNK)
        if not part:
            break
        text += part
    return text


def _reap() -> None:
    """Take the ends of children that a failed creation left behind: the first process, killed."""
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return
