"""Device nodes of the container, and the links that every container has in /dev.

https://github.com/opencontainers/runtime-spec/blob/v1.2.0/config-linux.md#default-devices
"""

import os
import stat
from typing import Final

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.mount_objects import attach
from dockyard.runtime.rootfs.targets import make_directory, make_file
from dockyard.spec.runtime import Device, DeviceRule, Spec

DEFAULT_DEVICES: Final = (
    Device("/dev/null", "c", 1, 3, 0o666),
    Device("/dev/random", "c", 1, 8, 0o666),
    Device("/dev/full", "c", 1, 7, 0o666),
    Device("/dev/tty", "c", 5, 0, 0o666),
    Device("/dev/zero", "c", 1, 5, 0o666),
    Device("/dev/urandom", "c", 1, 9, 0o666),
)

DENY_ALL: Final = DeviceRule(False, "a", None, None, "rwm")
"""What comes before the spec's rules: a new cgroup of version 1 has those of the one above."""
DEFAULT_RULES: Final = (
    DeviceRule(True, "c", None, None, "m"),
    DeviceRule(True, "b", None, None, "m"),
    *(DeviceRule(True, device.type, device.major, device.minor, "rwm") for device in DEFAULT_DEVICES),
    DeviceRule(True, "c", 5, 1, "rwm"),
    DeviceRule(True, "c", 136, None, "rwm"),
    DeviceRule(True, "c", 5, 2, "rwm"),
)
"""Allowed whatever the spec says: making nodes, the default devices, console, terminals, their multiplexer."""

LINKS: Final = (
    ("/proc/self/fd", "fd"),
    ("/proc/self/fd/0", "stdin"),
    ("/proc/self/fd/1", "stdout"),
    ("/proc/self/fd/2", "stderr"),
)
KINDS: Final = {"c": stat.S_IFCHR, "u": stat.S_IFCHR, "b": stat.S_IFBLK, "p": stat.S_IFIFO}


def wanted(spec: Spec) -> list[Device]:
    """The spec's devices, and the default ones that it doesn't replace."""
    own = spec.linux.devices if spec.linux is not None else ()
    paths = {device.path for device in own}
    return [*own, *(device for device in DEFAULT_DEVICES if device.path not in paths)]


def brings_own_dev(spec: Spec) -> bool:
    """Whether the spec binds a /dev of the host, which then is not to be written into."""
    return any(
        mount.destination.rstrip("/") == "/dev" and (mount.type == "bind" or {"bind", "rbind"} & set(mount.options))
        for mount in spec.mounts
    )


def make(root: int, spec: Spec, trees: tuple[tuple[str, int], ...]) -> None:
    """Make the nodes, or with `trees` (path and detached mount of each) bind those of the host, and the links.

    A node that is there already stays. SystemFailure names the device.
    """
    if trees:
        for path, tree in trees:
            _bind(root, path, tree)
    else:
        _make_nodes(root, wanted(spec))
    directory = make_directory(root, "/dev")
    try:
        for target, name in LINKS:
            _link(target, name, directory)
        if os.path.exists("/proc/kcore"):
            _link("/proc/kcore", "core", directory)
        _replace_ptmx(directory)
    finally:
        os.close(directory)


def _make_nodes(root: int, devices: list[Device]) -> None:
    """Make all nodes, those of one directory with that opened once."""
    by_directory: dict[str, list[Device]] = {}
    for device in devices:
        by_directory.setdefault(os.path.dirname(device.path), []).append(device)
    for path, members in by_directory.items():
        directory = make_directory(root, path)
        try:
            for device in members:
                _node(directory, device)
        finally:
            os.close(directory)


def _node(directory: int, device: Device) -> None:
    if device.type not in KINDS:
        raise InvalidParameter(f"invalid device type {device.type!r} of {device.path}")
    name = os.path.basename(device.path)
    mode = KINDS[device.type] | (0o666 if device.file_mode is None else device.file_mode & 0o7777)
    try:
        os.mknod(name, mode, os.makedev(device.major, device.minor), dir_fd=directory)
        if device.uid or device.gid:
            os.chown(name, device.uid or 0, device.gid or 0, dir_fd=directory, follow_symlinks=False)
    except FileExistsError:
        return
    except OSError as error:
        raise SystemFailure(f"error creating device nodes: mknod {device.path}: {reason(error)}") from error


def _bind(root: int, path: str, tree: int) -> None:
    place = make_file(root, path)
    try:
        attach(tree, place)
    except OSError as error:
        raise SystemFailure(f"error creating device nodes: bind {path}: {reason(error)}") from error
    finally:
        os.close(place)


def _link(target: str, name: str, directory: int) -> None:
    try:
        os.symlink(target, name, dir_fd=directory)
    except FileExistsError:
        return
    except OSError as error:
        raise SystemFailure(f"failed to create symlink /dev/{name}: {reason(error)}") from error


def _replace_ptmx(directory: int) -> None:
    """/dev/ptmx must be the multiplexer of the container's own devpts: a node would be that of the host."""
    try:
        os.unlink("ptmx", dir_fd=directory)
    except FileNotFoundError:
        pass
    except OSError as error:
        raise SystemFailure(f"remove dev/ptmx: {reason(error)}") from error
    _link("pts/ptmx", "ptmx", directory)
