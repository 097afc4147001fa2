"""kill: send a signal to a container. https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#kill"""

import errno
import os
import signal as signals

from dockyard.errors import Conflict, InvalidParameter, SystemFailure
from dockyard.linux.libc import reason
from dockyard.runtime.container_state import ContainerState
from dockyard.runtime.first_process_handle import open_first_process


def kill(container: ContainerState, signal: int, all: bool = False) -> None:  # noqa: A002  runc's word
    """Send `signal` to the first process of `container`, or with `all` to every process in its cgroup.

    SIGKILL reaches a paused container too: it is let go for it. Where the first process doesn't take the others
    with it, because they have no pid namespace of their own, SIGKILL goes to all.

    Raises:
        Conflict: it isn't running. InvalidParameter: no such signal. SystemFailure.
    """
    if all:
        _kill_all(container, signal)
        return
    pidfd = open_first_process(container)
    try:
        signals.pidfd_send_signal(pidfd, signal)
    except ProcessLookupError:
        raise Conflict("container not running") from None
    except OSError as error:
        if error.errno == errno.EINVAL:
            raise InvalidParameter("unable to signal init: invalid argument") from None
        raise SystemFailure(f"unable to signal init: {reason(error)}") from error
    finally:
        os.close(pidfd)
    if signal == signals.SIGKILL:
        _finish_killing(container)


def _kill_all(container: ContainerState, signal: int) -> None:
    cgroup = container.cgroup()
    if not container.alive() and not cgroup.pids():
        raise Conflict("container not running")
    cgroup.kill_all(signal)
    if signal == signals.SIGKILL and cgroup.frozen():
        cgroup.thaw()


def _finish_killing(container: ContainerState) -> None:
    cgroup = container.cgroup()
    if "pid" not in container.namespaces:
        cgroup.kill_all(signals.SIGKILL)
    if cgroup.frozen():
        cgroup.thaw()  # a frozen process of version 1 dies when it is let go
