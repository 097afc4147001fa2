"""In the container's first process: attach what was prepared, and mount what belongs to its new namespaces.

Order, and why: the host's tree is made a slave before anything is attached (host_root.py), so that nothing is handed
on; the root is laid over `/`; mounts in the order of the spec, because later ones may lie in earlier ones; devices
after /dev is mounted.
"""

import errno
import os
import stat

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.linux import mount as classic
from dockyard.linux.libc import reason
from dockyard.linux.mount_objects import MOUNT_ATTR_RDONLY, attach, new_filesystem, set_attributes
from dockyard.linux.statfs import PROC, filesystem_type
from dockyard.runtime.rootfs import cgroup_mount, copy_up, devices, pivot
from dockyard.runtime.rootfs.prepared import PreparedMount, PreparedRoot
from dockyard.runtime.rootfs.targets import find, find_without_links, make_directory, make_file
from dockyard.spec.runtime import Spec

IN_PROC = frozenset(
    (
        "/proc/cpuinfo",
        "/proc/diskstats",
        "/proc/meminfo",
        "/proc/stat",
        "/proc/swaps",
        "/proc/uptime",
        "/proc/loadavg",
        "/proc/slabinfo",
        "/proc/sys/kernel/ns_last_pid",
        "/proc/net/dev",
    )
)
"""Files of procfs that may be mounted over, for programs like lxcfs; anything else there would disarm the masks."""

ORDINARY_DIRECTORY = ("proc", "sysfs")
WITHOUT_CONTEXT = ("proc", "sysfs", "cgroup", "cgroup2", "mqueue")
"""File systems that don't take the mount option `context` of SELinux; those that have labels have their own."""
NO_WORDS = frozenset(("newinstance",))
"""Options that a file system once took and now always does."""
_LONGEST_OPTION = 255
"""fsconfig(2) takes no longer value."""


def assemble(spec: Spec, prepared: PreparedRoot) -> None:
    """Lay the root over `/`, which is detached from the host, and mount everything in it.

    InvalidParameter, SystemFailure.
    """
    pivot.lay_over(prepared.tree)
    for each in prepared.mounts:
        _mount(prepared, each)
    if not devices.brings_own_dev(spec):
        devices.make(prepared.tree, spec, prepared.device_trees)


def finish(spec: Spec, root: int) -> None:
    """The last changes to `root`, once it is pivoted to: propagation that the spec wants, read-only. SystemFailure."""
    linux = spec.linux
    try:
        if linux is not None and linux.rootfs_propagation in ("unbindable", "runbindable"):
            recursive = linux.rootfs_propagation == "runbindable"
            set_attributes(root, propagation=classic.MS_UNBINDABLE, recursive=recursive)
        elif linux is not None and linux.rootfs_propagation in ("shared", "rshared"):
            set_attributes(root, propagation=classic.MS_SHARED, recursive=linux.rootfs_propagation == "rshared")
        if spec.root is not None and spec.root.readonly:
            set_attributes(root, set_=MOUNT_ATTR_RDONLY)
    except OSError as error:
        raise SystemFailure(f"error setting attributes of rootfs: {reason(error)}") from error


def _mount(prepared: PreparedRoot, each: PreparedMount) -> None:
    mount = each.mount
    place = _place(prepared.tree, each)
    try:
        _check_not_in_proc(each, place)
        if each.tree is not None:
            attach(each.tree, place)
            tree = each.tree
        elif mount.type in ("cgroup", "cgroup2"):
            cgroup_mount.mount(place, each.options, prepared.cgroup_parts)
            return
        else:
            tree = _new(prepared, each, place)
        for kind, recursive in each.options.propagation:
            if each.tree is None or kind == classic.MS_UNBINDABLE:
                set_attributes(tree, propagation=kind, recursive=recursive)
        if each.tree is None:
            os.close(tree)
    except OSError as error:
        source = mount.source or mount.type
        why = "not a directory" if error.errno == errno.EINVAL and _differ(each.tree, place) else reason(error)
        raise SystemFailure(f'error mounting "{source}" to rootfs at "{mount.destination}": {why}') from error
    finally:
        os.close(place)


def _differ(tree: int | None, place: int) -> bool:
    """Whether one is a directory and the other isn't: move_mount(2) says EINVAL then, where mount(2) says ENOTDIR."""
    return tree is not None and stat.S_ISDIR(os.fstat(tree).st_mode) != stat.S_ISDIR(os.fstat(place).st_mode)


def _place(root: int, each: PreparedMount) -> int:
    """The directory or file to mount on; made when it isn't there."""
    destination = each.mount.destination
    if each.tree is not None and not each.is_directory:
        return make_file(root, destination)
    place = make_directory(root, destination)
    if each.mount.type in ORDINARY_DIRECTORY:
        os.close(place)
        try:
            return find_without_links(root, destination)
        except OSError as error:
            if error.errno != errno.ELOOP:
                raise
            raise InvalidParameter(
                f'filesystem "{each.mount.type}" must be mounted on ordinary directory: {destination} leads elsewhere'
            ) from None
    return place


def _check_not_in_proc(each: PreparedMount, place: int) -> None:
    """Nothing of the container's may lie over procfs:

    programs that write there would write elsewhere (CVE-2019-19921).
    """
    if filesystem_type(place) != PROC or each.mount.type == "proc":
        return
    destination = os.path.normpath("/" + each.mount.destination.lstrip("/"))
    if destination == "/proc" and each.tree is not None and filesystem_type(each.tree) == PROC:
        return
    if destination not in IN_PROC:
        raise InvalidParameter(f'"{destination}" cannot be mounted because it is inside /proc')


def _new(prepared: PreparedRoot, each: PreparedMount, place: int) -> int:
    """Mount a new file system on `place`; its descriptor."""
    mount, options = each.mount, each.options
    data = tuple(word for word in options.data if word not in NO_WORDS)
    if prepared.mount_label and mount.type not in WITHOUT_CONTEXT:
        data = (*data, f"context={prepared.mount_label}")
    if any(len(word.partition("=")[2]) > _LONGEST_OPTION for word in data):
        return _new_by_mount(prepared.tree, each, place, data)
    tree = new_filesystem(mount.type, data, mount.source, options.set_)
    if options.copy_up:
        copy_up.copy(place, tree)
    attach(tree, place)
    if prepared.mount_label and mount.type == "mqueue":
        os.setxattr(f"/proc/self/fd/{tree}", "security.selinux", prepared.mount_label.encode())
    return tree


def _new_by_mount(root: int, each: PreparedMount, place: int, data: tuple[str, ...]) -> int:
    """As `_new`, by mount(2), for options that are too long for fsconfig(2). /proc is still the host's here."""
    classic.mount(each.mount.source, f"/proc/self/fd/{place}", each.mount.type, 0, ",".join(data))
    tree = find(root, each.mount.destination)  # again by its path: `place` is what now lies below
    if tree is None:
        raise OSError(errno.ENOENT, os.strerror(errno.ENOENT))
    set_attributes(tree, set_=each.options.set_)
    return tree
