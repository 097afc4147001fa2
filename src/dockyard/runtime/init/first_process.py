"""The first process of a container, from the fork to execve: the order, and why it is this one.

Namespaces before the root, because procfs, sysfs and mqueue show those of who mounts them. The cgroup before its
namespace, because the namespace's root is where the process then is. Hooks before the pivot, as the spec wants. Masks
after them. Descriptors of the host are closed before the working directory is chosen. Capabilities last.
https://github.com/opencontainers/runtime-spec/blob/v1.2.0/runtime.md#lifecycle
"""

import gc
import os
from typing import NoReturn

from dockyard.errors import SystemFailure
from dockyard.linux import capabilities, loopback
from dockyard.linux.libc import reason
from dockyard.linux.namespaces import CLONE_NEWCGROUP, setns, unshare
from dockyard.linux.process import set_domainname, set_dumpable, set_hostname
from dockyard.linux.unix_socket import accept
from dockyard.runtime import hooks
from dockyard.runtime.channel import GO, HOOKS, READY
from dockyard.runtime.container_state import CREATED
from dockyard.runtime.host_proc import own_number
from dockyard.runtime.init import console, labels, limits, signals, stdio, sysctl
from dockyard.runtime.init.credentials import become_mapped_root
from dockyard.runtime.init.execute import Execution
from dockyard.runtime.init.session import new_session
from dockyard.runtime.init.steps import take
from dockyard.runtime.launch import Launch
from dockyard.runtime.rootfs import assemble, pivot
from dockyard.runtime.rootfs.host_root import detach_from_host
from dockyard.runtime.rootfs.masks import Masks
from dockyard.runtime.rootfs.targets import make_directory
from dockyard.spec.runtime import Hooks, Linux

FAILED = 1


def run(launch: Launch) -> NoReturn:
    """Be the first process. Never returns: it executes the program, or reports why not and exits."""
    channel = launch.surroundings.channel
    try:
        execution = _prepare(launch)
        take([*execution.filtering(), *execution.executing()])
    except BaseException as error:  # whatever it is, nobody else can tell
        channel.send_error(error)
    finally:
        os._exit(FAILED)


def _prepare(launch: Launch) -> Execution:
    surroundings = launch.surroundings
    surroundings.other.close()
    gc.disable()  # a collection would touch, and so copy, every page of the interpreter
    take(signals.resetting())
    # From here on until execve nobody in the container may look into this process (CVE-2016-9962, CVE-2019-5736).
    set_dumpable(False)
    os.umask(0)
    if launch.spec.hooks is not None:
        launch = launch._replace(state=launch.state._replace(pid=own_number(surroundings.proc)))
    _enter_namespaces(launch)
    linux = launch.spec.linux or Linux()
    root = _assemble(launch)
    _name_host(launch)
    labels.apply(surroundings.process, surroundings.proc)
    sysctl.apply(linux.sysctl, surroundings.proc)
    if launch.root is not None:
        masks = Masks(root, launch.root.null)
        for path in linux.readonly_paths:
            masks.make_read_only(path)
        for path in linux.masked_paths:
            masks.mask(path)
        assemble.finish(launch.spec, root)
    limits.apply(surroundings.process, linux.personality)
    kept = {*surroundings.channel}
    if launch.gate is not None:
        kept.add(launch.gate)
    execution = Execution(surroundings, kept, capabilities.own()[1])
    take(execution.preparing())
    _wait_for_start(launch)
    return execution


def _enter_namespaces(launch: Launch) -> None:
    surroundings = launch.surroundings
    try:
        surroundings.entry.enter()
        for joined in surroundings.joined:
            setns(joined.descriptor, joined.flags)
        if "user" in launch.own_namespaces:
            surroundings.channel.expect(GO)  # the mappings are written
            become_mapped_root()
        if "cgroup" in launch.own_namespaces:
            unshare(CLONE_NEWCGROUP)
        new_session(None if launch.no_new_keyring else surroundings.container_id)
        if "network" in launch.own_namespaces:
            loopback.bring_up()
    except OSError as error:
        raise SystemFailure(f"enter namespaces: {reason(error)}") from error


def _assemble(launch: Launch) -> int:
    """Mount, run the hooks that come before it, set up 0, 1, 2, and change the root; its descriptor."""
    if launch.root is None:
        _run_early_hooks(launch)
        return _change_root_only(launch)
    root = launch.root.tree
    chrooted = detach_from_host(launch.surroundings.proc)
    assemble.assemble(launch.spec, launch.root)
    _run_early_hooks(launch)
    _standard_streams(launch, root)
    os.close(make_directory(root, launch.surroundings.process.cwd))
    if launch.no_pivot:
        pivot.change_root(root)
    else:
        pivot.pivot(root, chrooted, launch.surroundings.proc)
    return root


def _run_early_hooks(launch: Launch) -> None:
    """Let the caller run those that are its own, then run those of the container's namespaces."""
    wanted = launch.spec.hooks or Hooks()
    if wanted.prestart or wanted.create_runtime:
        launch.surroundings.channel.send(HOOKS)
        launch.surroundings.channel.expect(GO)
    hooks.run_all(wanted.create_container, "createContainer", launch.state)


def _change_root_only(launch: Launch) -> int:
    """Without a mount namespace of its own: chroot, nothing is mounted."""
    try:
        os.chroot(launch.root_path)
        os.chdir("/")
        root = os.open("/", os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    except OSError as error:
        raise SystemFailure(f"chroot to {launch.root_path}: {reason(error)}") from error
    _standard_streams(launch, root)
    return root


def _standard_streams(launch: Launch, root: int) -> None:
    surroundings = launch.surroundings
    if not surroundings.process.terminal:
        stdio.take(surroundings.stdio)
        return
    assert surroundings.console_socket is not None  # checked by the caller
    slave = console.set_up(root, surroundings.process, surroundings.console_socket)
    if launch.root is not None:
        console.show(root, slave)
    os.close(slave)


def _name_host(launch: Launch) -> None:
    try:
        if launch.spec.hostname:
            set_hostname(launch.spec.hostname)
        if launch.spec.domainname:
            set_domainname(launch.spec.domainname)
    except OSError as error:
        raise SystemFailure(f"sethostname: {reason(error)}") from error


def _wait_for_start(launch: Launch) -> None:
    """Say that all is ready, and wait until somebody wants the program to run. Then the last hooks."""
    channel = launch.surroundings.channel
    channel.send(READY)
    if launch.gate is None:
        if channel.receive() is None:
            os._exit(FAILED)  # the caller died: nobody can start this any more
    else:
        channel.close()
        connection = accept(launch.gate)
        os.dup2(connection, channel.reader, inheritable=False)
        os.dup2(connection, channel.writer, inheritable=False)
        os.close(connection)
        os.close(launch.gate)
        channel.send(GO)
    spec_hooks = launch.spec.hooks or Hooks()
    hooks.run_all(spec_hooks.start_container, "startContainer", launch.state._replace(status=CREATED))
