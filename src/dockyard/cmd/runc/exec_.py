"""`exec`: run a further process in a container, and unless detached stay until it ends.

https://github.com/opencontainers/runc/blob/v1.1.5/man/runc-exec.8.md
"""

import os
from collections.abc import Sequence
from typing import Final

from dockyard.cmd.runc.bundle import read_process
from dockyard.cmd.runc.command import Command, Invocation
from dockyard.cmd.runc.console import check_terminal, connect_console_socket
from dockyard.cmd.runc.descriptors import handed
from dockyard.cmd.runc.exec_process import process_from_flags
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.cmd.runc.pid_file import write_pid_file
from dockyard.cmd.runc.streams import Streams
from dockyard.cmd.runc.sub_cgroups import sub_cgroups
from dockyard.errors import Conflict, InvalidParameter
from dockyard.linux.clone import Child
from dockyard.runtime.container_exec import exec_process
from dockyard.runtime.container_state import STOPPED, ContainerState, load
from dockyard.runtime.launch import Stdio
from dockyard.spec.runtime import Process


def run(invocation: Invocation, values: Values, arguments: Sequence[str]) -> int:
    """Run it; its exit code, or 0 when detached."""
    sub_cgroups(values["cgroup"])
    container = load(invocation.root, arguments[0])
    if container.status() == STOPPED:
        raise Conflict("cannot exec in a stopped container")
    process = _process(values, arguments[1:], container)
    descriptors = handed(values["preserve-fds"], os.environ)
    process = process._replace(env=(*process.env, *descriptors.environment))
    check_terminal(wanted=process.terminal, detach=values["detach"], console_socket=values["console-socket"])
    if values["detach"]:
        return _detached(container, process, values, descriptors.number)
    return _stay(container, process, values, descriptors.number)


def _process(values: Values, command: Sequence[str], container: ContainerState) -> Process:
    if values["process"]:
        return read_process(values["process"])
    if not command:
        raise InvalidParameter("process args cannot be empty")
    return process_from_flags(container.spec().process or Process(), command, values)


def _detached(container: ContainerState, process: Process, values: Values, count: int) -> int:
    console = connect_console_socket(values["console-socket"]) if values["console-socket"] else None
    try:
        child = exec_process(
            container,
            process,
            stdio=Stdio(0, 1, 2),
            console_socket=None if console is None else console.fileno(),
            preserve_fds=count,
            ignore_paused=values["ignore-paused"],
            sub_cgroup=sub_cgroups(values["cgroup"]),
        )
    finally:
        if console is not None:
            console.close()
    _write_pid(values, child)
    return 0


def _stay(container: ContainerState, process: Process, values: Values, count: int) -> int:
    streams = Streams(terminal=process.terminal)
    try:
        child = exec_process(
            container,
            process,
            stdio=streams.stdio,
            console_socket=streams.console_socket,
            preserve_fds=count,
            ignore_paused=values["ignore-paused"],
            sub_cgroup=sub_cgroups(values["cgroup"]),
        )
        streams.connect()
        _write_pid(values, child)
        return streams.attend(child.pid, child.pidfd)
    finally:
        streams.close()


def _write_pid(values: Values, child: Child) -> None:
    if values["pid-file"]:
        write_pid_file(values["pid-file"], child.pid)


COMMAND: Final = Command(
    "exec",
    "run a further process in a container",
    run,
    flags=(
        Flag(("console-socket",), "unix socket that the master of the process's terminal is sent over"),
        Flag(("cwd",), "current directory in the container"),
        Flag(("env", "e"), "set an environment variable (KEY=value)", "texts"),
        Flag(("tty", "t"), "give the process a terminal", "switch"),
        Flag(("user", "u"), "user id, or user and group id (1000:1000)"),
        Flag(("additional-gids", "g"), "further group id", "texts"),
        Flag(("process", "p"), "file with the process, as in config.json; other flags about it then don't count"),
        Flag(("detach", "d"), "don't stay with the process", "switch"),
        Flag(("pid-file",), "file to write the process id to"),
        Flag(("process-label",), "SELinux label of the process"),
        Flag(("apparmor",), "AppArmor profile of the process"),
        Flag(("no-new-privs",), "let nothing that the process executes give it privileges", "switch"),
        Flag(("cap", "c"), "further capability", "texts"),
        Flag(("preserve-fds",), "how many descriptors behind standard error the process keeps", "number"),
        Flag(("cgroup",), "cgroup below the container's: [<controllers>:]<path>", "texts"),
        Flag(("ignore-paused",), "don't refuse a paused container", "switch"),
    ),
    arguments="<container-id> <command> [command options]  || -p process.json <container-id>",
    arity=("at least", 1),
    reorder=False,
    failure_code=255,
    failure_prefix="exec failed: ",
)
