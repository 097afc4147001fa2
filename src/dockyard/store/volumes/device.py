"""Volumes of the driver `local` that are a file system of their own: mounted at `_data` while somebody uses them.

    docker volume create -o type=tmpfs -o device=tmpfs -o o=size=10m,uid=1000 scratch
    docker volume create -o type=nfs -o device=:/export -o o=addr=server,rw share
    docker volume create -o type=none -o device=/srv/data -o o=bind data

The mount is in the host's mount namespace, so that all containers of the volume have the same one, and whether it is
there is asked of the kernel: nothing has to be remembered over a death of the daemon. mount(8), nfs(5).
"""

import errno
import ipaddress
import os
import socket

from dockyard.errors import DockyardError, SystemFailure
from dockyard.fs.mounting import parse_options, perform
from dockyard.linux import mount as kernel
from dockyard.store.volumes.volume import Volume

_NETWORK_TYPES = ("nfs", "nfs4", "cifs")
_SECRETS = ("password=", "username=")


def mount_device(volume: Volume) -> None:
    """Mount the volume's device at its mountpoint, unless it is. SystemFailure, in Docker's words."""
    mount = volume.mount()
    if mount is None or is_mounted(volume.mountpoint):
        return
    if mount.type in _NETWORK_TYPES:
        mount = mount._replace(options=tuple(_resolved(option) for option in mount.options))
    try:
        perform(mount)
    except (OSError, DockyardError) as error:
        reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
        options = parse_options(mount.options)
        data = ",".join(part for part in options.data.split(",") if part and not part.startswith(_SECRETS))
        data = f", data: {data}" if data else ""
        raise SystemFailure(
            f"error while mounting volume '{mount.target}': failed to mount local volume: "
            f"mount {mount.source}:{mount.target}, flags: {options.flags:#x}{data}: {reason}"
        ) from error


def unmount_device(volume: Volume) -> None:
    """Take it off its mountpoint, if it is there; containers that still have it, keep it. SystemFailure."""
    if volume.mount() is None:
        return
    try:
        while is_mounted(volume.mountpoint):
            kernel.umount(volume.mountpoint, kernel.MNT_DETACH)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOENT):
            reason = (error.strerror or "").lower()
            raise SystemFailure(f"error while unmounting volume '{volume.mountpoint}': {reason}") from error


def is_mounted(path: str) -> bool:
    """Whether something is mounted at `path`: proc_pid_mountinfo(5), field 5."""
    wanted = _escaped(os.path.realpath(path))
    with open("/proc/self/mountinfo", encoding="utf-8", errors="surrogateescape") as file:
        return any(line.split(" ", 5)[4] == wanted for line in file)


def _escaped(path: str) -> str:
    return path.replace("\\", "\\134").replace(" ", "\\040").replace("\t", "\\011").replace("\n", "\\012")


def _resolved(option: str) -> str:
    """`addr=` with a number: the kernel doesn't look up names, mount(8) does."""
    key, _, host = option.partition("=")
    if key != "addr" or not host:
        return option
    try:
        ipaddress.ip_address(host)
    except ValueError:
        try:
            found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        except OSError as error:
            raise SystemFailure(f"error resolving passed in network volume address: {error.strerror}") from error
        return f"addr={found[0][4][0]}"
    return option
