"""`run`: create a container, start it and, unless detached, stay until it ends and remove it.

https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-run.8.md
"""

from collections.abc import Sequence
from typing import Final

from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.cmd.runc.launching import BUNDLE_FLAGS, background, configuration, make, remove
from dockyard.cmd.runc.streams import Streams
from dockyard.linux.process import set_child_subreaper
from dockyard.runtime.container_delete import delete
from dockyard.runtime.container_start import start


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Run it; the exit code of its process, or 0 when detached."""
    if values["detach"]:
        container = background(invocation, values, arguments[0])
        try:
            for warning in start(container):
                invocation.log.warning(warning)
        except BaseException:
            delete(container, True)
            raise
        return 0
    return _stay(invocation, values, arguments[0])


def _stay(invocation: Invocation, values: Values, container_id: str) -> int:
    bundle, spec = configuration(invocation, values, detach=False)
    if not values["no-subreaper"]:
        # Orphans of the container, where it has no pid namespace, must find somebody who reaps them.
        set_child_subreaper(True)
    streams = Streams(terminal=spec.process is not None and spec.process.terminal)
    try:
        process = make(
            invocation,
            values,
            container_id,
            bundle,
            spec,
            stdio=streams.stdio,
            console_socket=streams.console_socket,
            detached=False,
        )
        try:
            streams.connect()

            def let_go() -> None:
                for warning in process.start():
                    invocation.log.warning(warning)

            code = streams.attend(process.pid, process.pidfd, let_go)
        except BaseException:
            remove(process)
            raise
        process.close()
        if not values["keep"]:
            for warning in delete(process.state, True):
                invocation.log.warning(warning)
        return code
    finally:
        streams.close()


COMMAND: Final = Command(
    "run",
    "create a container and start it",
    run,
    flags=(
        *BUNDLE_FLAGS,
        Flag(("detach", "d"), "don't stay with the container", "switch"),
        Flag(("keep",), "don't delete the container when it has ended", "switch"),
        Flag(("no-subreaper",), "don't reap what the container's processes leave behind", "switch"),
        Flag(("pid-file",), "file to write the process id to"),
    ),
    failure_prefix="runc run failed: ",
    description="Its process is the one that config.json in the bundle names.",
)
