"""Mounts of a container's OCI configuration: the file systems every container has, then what its user asked for.

Mounts are ordered by the depth of their destination, so that one never hides another that was made before it.
"""

from collections.abc import Mapping, Sequence

from dockyard.engine.containers.config import HostConfig
from dockyard.engine.containers.record import MountPoint
from dockyard.engine.security.remap import Remap
from dockyard.spec.runtime import Mount

RECURSIVE_READONLY_SINCE = (5, 12)
"""The kernel that has mount_setattr(2): a read-only bind then covers what is mounted below it, as in Docker 25."""

PTS_OPTIONS = ("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")

TMPFS_DEFAULTS = ("noexec", "nosuid", "nodev")
"""Flags of a `--tmpfs` unless its options say otherwise (docker run reference, tmpfs)."""


def system_mounts(host: HostConfig, shm_source: str | None, cgroup_readonly: bool) -> list[Mount]:
    """/proc, /dev, /sys and what belongs to them; `shm_source` is a directory for /dev/shm, None a new tmpfs."""
    readonly = () if host.privileged else ("ro",)
    mounts = [
        Mount("/proc", "proc", "proc", ("nosuid", "noexec", "nodev")),
        Mount("/dev", "tmpfs", "tmpfs", ("nosuid", "strictatime", "mode=755", "size=65536k")),
        Mount(
            "/dev/pts", "devpts", "devpts", ("nosuid", "noexec", "newinstance", "ptmxmode=0666", "mode=0620", "gid=5")
        ),
        Mount("/sys", "sysfs", "sysfs", ("nosuid", "noexec", "nodev", *readonly)),
        Mount(
            "/sys/fs/cgroup",
            "cgroup",
            "cgroup",
            (*(("ro",) if cgroup_readonly else ()), "nosuid", "noexec", "nodev"),
        ),
    ]
    mounts.append(Mount("/dev/mqueue", "mqueue", "mqueue", ("nosuid", "noexec", "nodev")))
    if host.ipc_mode == "host":
        mounts.append(Mount("/dev/shm", "bind", "/dev/shm", ("rbind", "nosuid", "noexec", "nodev")))
    elif shm_source is not None:
        mounts.append(Mount("/dev/shm", "bind", shm_source, ("rbind", "rprivate")))
    elif host.ipc_mode != "none":
        options = ("nosuid", "noexec", "nodev", "mode=1777", f"size={host.shm_size}")
        mounts.append(Mount("/dev/shm", "tmpfs", "shm", options))
    return mounts


def network_file_mounts(files: Sequence[tuple[str, str]], readonly: bool, remap: Remap | None = None) -> list[Mount]:
    """Binds of the container's hosts, hostname and resolv.conf: (destination, file on the host) each."""
    options = ("rbind", "rprivate", *(("ro",) if readonly else ()))
    return [_owned(Mount(destination, "bind", source, options), remap) for destination, source in files]


def user_mounts(
    points: Sequence[MountPoint],
    kernel: tuple[int, int],
    bound_sources: Mapping[str, str],
    remap: Remap | None = None,
) -> list[Mount]:
    """What `-v`, `--mount`, `--tmpfs` and image volumes asked for, as OCI mounts.

    `bound_sources`: what is bound instead of a mount's own source, by destination. Volumes are the engine's own, so a
    remapped container owns what is in them; the host's directories, and file systems of volumes, stay what they are.
    """
    can_recurse = kernel >= RECURSIVE_READONLY_SINCE
    mounts = []
    for point in points:
        if point.type == "tmpfs":
            mounts.append(_tmpfs(point))
            continue
        bind = _bind(point, bound_sources.get(point.destination, point.source), can_recurse)
        mounts.append(_owned(bind, remap) if point.type == "volume" and not point.foreign else bind)
    return mounts


def _owned(mount: Mount, remap: Remap | None) -> Mount:
    """`mount` with the owners on disk as those of the container: 0 there is its root."""
    return mount if remap is None else mount._replace(uid_mappings=remap.uids, gid_mappings=remap.gids)


def ordered(mounts: list[Mount], user: list[Mount]) -> tuple[Mount, ...]:
    """All mounts, shallow destinations first; a user's mount replaces the system's at the same place.

    A user's own /dev or /sys also drops what the system would have put below it, as in Docker.
    """
    destinations = {mount.destination for mount in user}
    kept = [mount for mount in mounts if not _replaced(mount.destination, destinations)]
    return tuple(sorted([*kept, *user], key=lambda mount: mount.destination.rstrip("/").count("/")))


def _replaced(destination: str, by: set[str]) -> bool:
    return destination in by or any(destination.startswith(f"{one}/") for one in by & {"/dev", "/sys", "/proc"})


def _bind(point: MountPoint, source: str, can_recurse: bool) -> Mount:
    binding = "bind" if point.non_recursive else "rbind"
    recursive = can_recurse and point.readonly_recursive and not point.non_recursive
    readonly = () if point.rw else ("rro" if recursive else "ro",)
    options = (binding, *readonly, point.propagation or "rprivate", *point.options)
    return Mount(point.destination, "bind", source, options)


def _tmpfs(point: MountPoint) -> Mount:
    given = point.options
    negated = {f"no{option}" for option in given}
    defaults = tuple(flag for flag in TMPFS_DEFAULTS if flag not in negated and flag not in given)
    return Mount(point.destination, "tmpfs", "tmpfs", (*defaults, *given, *(() if point.rw else ("ro",))))
