"""Which descriptors the service manager passed to this process, as sd_listen_fds(3) says.

The variables are taken out of the environment, so that no child believes that they are meant for it, and the
descriptors are closed to programs that are executed.

https://www.freedesktop.org/software/systemd/man/latest/sd_listen_fds.html
"""

import os
from collections.abc import MutableMapping

from dockyard.errors import SystemFailure
from dockyard.server.docker.http.passed import FIRST_DESCRIPTOR, PassedSocket


def passed_sockets(environment: MutableMapping[str, str], pid: int) -> tuple[PassedSocket, ...]:
    """The sockets that were passed to process `pid`; none when LISTEN_PID names another process or isn't there.

    Raises SystemFailure when a descriptor isn't open.
    """
    meant_for = environment.pop("LISTEN_PID", "")
    count = environment.pop("LISTEN_FDS", "")
    names = environment.pop("LISTEN_FDNAMES", "").split(":")
    if meant_for != str(pid) or not count.isdecimal():
        return ()
    found = []
    for index in range(int(count)):
        fd = FIRST_DESCRIPTOR + index
        try:
            os.set_inheritable(fd, False)
        except OSError as error:
            raise SystemFailure(f"LISTEN_FDS names descriptor {fd}: {error.strerror}") from error
        found.append(PassedSocket(fd, names[index] if index < len(names) else ""))
    return tuple(found)
