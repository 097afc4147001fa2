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
from dockyard.fs.mount import Mount
from dockyard.fs.mounting import parse_options, perform
from dockyard.linux import mount as kernel
from dockyard.store.volumes.volume import Volume

_NETWORK_TYPES = ("nfs", "nfs4", "cifs")
_PASSWORD = "password="
_HIDDEN = "********"


def mount_device(volume: Volume) -> None:
    """Mount the volume's device at its mountpoint, unless it is. SystemFailure, in Docker's words."""
    mount = volume.mount()
    if mount is None or is_mounted(volume.mountpoint):
        return
    if mount.type in _NETWORK_TYPES:
        mount = resolved(mount)
    try:
        perform(mount)
    except (OSError, DockyardError) as error:
        reason = (error.strerror or str(error)).lower() if isinstance(error, OSError) else str(error)
        raise SystemFailure(
            f"error while mounting volume '{mount.target}': failed to mount local volume: {_told(mount)}: {reason}"
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


def _told(mount: Mount) -> str:
    """What was tried, for people: flags and data if there are any, passwords hidden."""
    options = parse_options(mount.options)
    flags = f", flags: {options.flags:#x}" if options.flags else ""
    parts = [
        f"{_PASSWORD}{_HIDDEN}" if part.startswith(_PASSWORD) else part for part in options.data.split(",") if part
    ]
    data = f", data: {','.join(parts)}" if parts else ""
    return f"mount {mount.source}:{mount.target}{flags}{data}"


def resolved(mount: Mount) -> Mount:
    """The mount with its server as a number: the kernel doesn't look up names, mount(8) does.

    The server stands in `addr=`; without that, that of cifs stands in the device, `//server/share`.

    Raises:
        SystemFailure: nobody knows the name; in Docker's words.
    """
    if any(option.startswith("addr=") and option != "addr=" for option in mount.options):
        found = (f"addr={_number_of(one[5:])}" if one.startswith("addr=") else one for one in mount.options)
        return mount._replace(options=tuple(found))
    server, slash, share = mount.source.removeprefix("//").partition("/")
    if mount.type != "cifs" or not mount.source.startswith("//") or not server:
        return mount
    return mount._replace(source=f"//{_number_of(server)}{slash}{share}")


def _number_of(host: str) -> str:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        try:
            return str(socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)[0][4][0])
        except (OSError, UnicodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else str(error)
            raise SystemFailure(f"error resolving passed in network volume address: {reason}") from error
    return host
