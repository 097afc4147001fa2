"""start: let a container that was created for it (`detached`) execute its program, from any process.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#start
Its first process waits in accept(2) on the gate; a connection is the sign, and ends when execve has happened.
"""

import errno
import os
from contextlib import suppress

from dockyard.errors import Conflict, SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.unix_socket import connect
from dockyard.runtime import hooks
from dockyard.runtime.channel import GO, Channel
from dockyard.runtime.container_state import CREATED, RUNNING, STOPPED, ContainerState
from dockyard.spec.runtime import Hooks


def start(container: ContainerState) -> list[str]:
    """Start `container`; returns when its program is executed, with what failing poststart hooks said.

    Raises:
        Conflict: it runs already, or has stopped.
        Any DockyardError: what the process reported; it has ended then.
    """
    status = container.status()
    if status == STOPPED:
        raise Conflict("cannot start a container that has stopped")
    if status != CREATED:
        raise Conflict("cannot start an already running container")
    poststart = (container.spec().hooks or Hooks()).poststart if "poststart" in container.late_hooks else ()
    try:
        connection = connect(container.gate)
    except OSError as error:
        if error.errno in (errno.ECONNREFUSED, errno.ENOENT):
            raise Conflict("cannot start an already running container") from None
        raise SystemFailure(f"connect to {container.gate}: {reason(error)}") from error
    channel = Channel(connection, connection)
    try:
        with suppress(FileNotFoundError):
            os.unlink(container.gate)
        message = channel.receive()
        if message is None or message["is"] != GO:
            raise Conflict("cannot start an already running container")  # somebody else was first
        channel.receive()  # end of file: execve has closed the other end
    except OSError as error:
        raise SystemFailure(f"start container {container.id}: {reason(error)}") from error
    finally:
        os.close(connection)
    return hooks.run_and_report(poststart, "poststart", container.oci_state(RUNNING))
