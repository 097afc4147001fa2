"""What `create` and `run` have in common: from a bundle to a created container."""

import os
from typing import Final

from dockyard.cmd.runc.bundle import read_bundle
from dockyard.cmd.runc.command import Invocation
from dockyard.cmd.runc.console import check_terminal, connect_console_socket
from dockyard.cmd.runc.descriptors import handed
from dockyard.cmd.runc.flags import Flag, Values
from dockyard.cmd.runc.pid_file import write_pid_file
from dockyard.errors import NotImplementedYet
from dockyard.runtime.container_create import InitProcess, create
from dockyard.runtime.container_delete import delete
from dockyard.runtime.container_state import ContainerState
from dockyard.runtime.launch import Stdio
from dockyard.spec.runtime import Spec

BUNDLE_FLAGS: Final = (
    Flag(("bundle", "b"), "directory of the bundle (default: the current one)"),
    Flag(("console-socket",), "unix socket that the master of the process's terminal is sent over"),
    Flag(("no-pivot",), "change the root by chroot; for a root filesystem on a ramdisk", "switch"),
    Flag(("no-new-keyring",), "leave the process this command's session keyring", "switch"),
    Flag(("preserve-fds",), "how many descriptors behind standard error the process keeps", "number"),
)

SECCOMP_CACHE: Final = "/run/dockyard/seccomp"
"""Compiled filters of every container on the machine; see runtime/seccomp/cache.py."""


def configuration(invocation: Invocation, values: Values, *, detach: bool) -> tuple[str, Spec]:
    """The bundle's path and its configuration, checked against the flags.

    Raises:
        NotImplementedYet: cgroups by systemd are asked for, or that the service manager hears when it is ready.
        InvalidParameter, NotFound: the bundle, or the combination of flags.
    """
    if invocation.systemd_cgroup:
        raise NotImplementedYet("cgroups made by systemd (--systemd-cgroup) are not supported")
    if os.environ.get("NOTIFY_SOCKET"):
        # Passed over, it would have the service manager wait for a word that never comes.
        raise NotImplementedYet(
            "telling the service manager when a container is ready is not supported; unset NOTIFY_SOCKET"
        )
    bundle, spec = read_bundle(values["bundle"])
    terminal = spec.process is not None and spec.process.terminal
    check_terminal(wanted=terminal, detach=detach, console_socket=values["console-socket"])
    descriptors = handed(values["preserve-fds"], os.environ)
    if descriptors.environment and spec.process is not None:
        process = spec.process._replace(env=(*spec.process.env, *descriptors.environment))
        spec = spec._replace(process=process)
    return bundle, spec


def make(
    invocation: Invocation,
    values: Values,
    container_id: str,
    bundle: str,
    spec: Spec,
    *,
    stdio: Stdio,
    console_socket: int | None,
    detached: bool,
) -> InitProcess:
    """Create the container and write the pid file. When that fails, the container is gone again."""
    process = create(
        spec,
        bundle,
        container_id,
        state_root=invocation.root,
        stdio=stdio,
        console_socket=console_socket,
        preserve_fds=handed(values["preserve-fds"], os.environ).number,
        no_pivot=values["no-pivot"],
        no_new_keyring=values["no-new-keyring"],
        detached=detached,
        seccomp_cache=SECCOMP_CACHE,
    )
    if values["pid-file"]:
        try:
            write_pid_file(values["pid-file"], process.pid)
        except BaseException:
            remove(process)
            raise
    return process


def remove(process: InitProcess) -> None:
    """Kill the process and remove its container."""
    process.kill()
    process.close()
    delete(process.state, True)


def background(invocation: Invocation, values: Values, container_id: str) -> ContainerState:
    """Create a container that any process can start, and let go of it."""
    bundle, spec = configuration(invocation, values, detach=True)
    console = connect_console_socket(values["console-socket"]) if values["console-socket"] else None
    try:
        process = make(
            invocation,
            values,
            container_id,
            bundle,
            spec,
            stdio=Stdio(0, 1, 2),
            console_socket=None if console is None else console.fileno(),
            detached=True,
        )
    finally:
        if console is not None:
            console.close()
    process.close()
    return process.state
