"""In the caller: open the root and every source that lies on the host, as detached mounts.

Before the fork, because here the host's paths are what they say, and an error still costs nothing; with a user
namespace it is also the only place that may pass through directories which are closed to the container's root.
"""

import os
import stat
from collections.abc import Mapping

from dockyard.errors import InvalidParameter, NotFound, SystemFailure
from dockyard.linux import mount as classic
from dockyard.linux.libc import reason
from dockyard.linux.mount_objects import AT_FDCWD, MOUNT_ATTR_IDMAP, clone_tree, set_attributes
from dockyard.runtime.rootfs import cgroup_mount, devices, options
from dockyard.runtime.rootfs.options import MountOptions
from dockyard.runtime.rootfs.prepared import CgroupPart, PreparedMount, PreparedRoot
from dockyard.runtime.user_namespace import mapped_user_namespace
from dockyard.spec.runtime import Mount, Spec

NULL_DEVICE = os.makedev(1, 3)
DEFAULT_PROPAGATION = (classic.MS_SLAVE, True)
"""When the spec names none: what the host mounts later is seen, what the container mounts isn't, as with runc."""


def prepare(spec: Spec, bundle: str, cgroup_paths: Mapping[str, str]) -> PreparedRoot:
    """Open what `spec` needs from the host.

    Args:
        spec: a validated configuration.
        bundle: directory that a relative root path is relative to.
        cgroup_paths: the container's cgroup directories by controller, for a mount of type cgroup.

    Returns:
        Open descriptors; the caller closes them.

    Raises:
        NotFound: the root or a source does not exist.
        InvalidParameter: options that contradict each other.
        SystemFailure: the kernel refused.
    """
    assert spec.root is not None  # validated
    opened: list[int] = []
    try:
        propagation = _root_propagation(spec)
        root = _open_root(os.path.join(bundle, spec.root.path), propagation, opened)
        mounts = []
        parts: tuple[CgroupPart, ...] = ()
        for mount in spec.mounts:
            parsed = options.parse(mount)
            if parsed.bind:
                mounts.append(_open_bind(mount, parsed, spec, bundle, propagation, opened))
            else:
                mounts.append(PreparedMount(mount, parsed))
            if mount.type in ("cgroup", "cgroup2") and not parts:
                parts = cgroup_mount.prepare(spec, cgroup_paths, opened)
        null = _open_null(opened) if spec.linux is not None and spec.linux.masked_paths else -1
        trees = _open_devices(spec, opened)
        label = spec.linux.mount_label if spec.linux is not None else ""
        return PreparedRoot(root, tuple(mounts), parts, null, trees, label)
    except BaseException:
        for descriptor in opened:
            os.close(descriptor)
        raise


def _root_propagation(spec: Spec) -> tuple[int, bool]:
    word = spec.linux.rootfs_propagation if spec.linux is not None else ""
    return options.PROPAGATION[word] if word else DEFAULT_PROPAGATION


def _open_root(path: str, propagation: tuple[int, bool], opened: list[int]) -> int:
    try:
        tree = clone_tree(AT_FDCWD, path, recursive=True)
        opened.append(tree)
        if not stat.S_ISDIR(os.fstat(tree).st_mode):
            raise InvalidParameter(f"rootfs {path} is not a directory")
        if propagation[0] != classic.MS_SHARED:
            set_attributes(tree, propagation=_unless_unbindable(propagation[0]), recursive=True)
        else:  # pivot_root(2) takes no shared mount, as all are on a host with systemd; it is made so at the end
            set_attributes(tree, propagation=classic.MS_PRIVATE)
    except FileNotFoundError:
        raise NotFound(f"invalid rootfs: stat {path}: no such file or directory") from None
    except OSError as error:
        raise SystemFailure(f"invalid rootfs {path}: {reason(error)}") from error
    return tree


def _unless_unbindable(propagation: int) -> int:
    """An unbindable root is made so at the very end: until then its parts are copied, for read-only paths."""
    return classic.MS_PRIVATE if propagation == classic.MS_UNBINDABLE else propagation


def _open_bind(
    mount: Mount,
    parsed: MountOptions,
    spec: Spec,
    bundle: str,
    root_propagation: tuple[int, bool],
    opened: list[int],
) -> PreparedMount:
    source = os.path.join(bundle, mount.source)
    try:
        tree = clone_tree(AT_FDCWD, source, parsed.recursive)
        opened.append(tree)
        _set_bind_attributes(tree, parsed, root_propagation)
        if parsed.idmap:
            _map_ids(tree, mount, parsed, spec)
        return PreparedMount(mount, parsed, tree, stat.S_ISDIR(os.fstat(tree).st_mode))
    except FileNotFoundError:
        raise NotFound(f"{_failed(mount)}: stat {source}: no such file or directory") from None
    except OSError as error:
        raise SystemFailure(f"{_failed(mount)}: {reason(error)}") from error


def _failed(mount: Mount) -> str:
    return f'error mounting "{mount.source}" to rootfs at "{mount.destination}"'


def _set_bind_attributes(tree: int, parsed: MountOptions, root_propagation: tuple[int, bool]) -> None:
    """Propagation first: a copy of a shared mount would else hand on to the host what happens in the container."""
    inherited = () if root_propagation[0] == classic.MS_SHARED else (root_propagation,)
    for kind, recursive in parsed.propagation or inherited:
        if kind != classic.MS_UNBINDABLE:  # later, once it is attached: see assemble
            set_attributes(tree, propagation=kind, recursive=recursive)
    if parsed.set_ or parsed.clear:
        set_attributes(tree, set_=parsed.set_, clear=parsed.clear)
    if parsed.recursive_set or parsed.recursive_clear:
        set_attributes(tree, set_=parsed.recursive_set, clear=parsed.recursive_clear, recursive=True)


def _map_ids(tree: int, mount: Mount, parsed: MountOptions, spec: Spec) -> None:
    """Map the owners of files as the mount says, or as the container's user namespace does."""
    uids, gids = mount.uid_mappings, mount.gid_mappings
    if not uids and not gids and spec.linux is not None:
        uids, gids = spec.linux.uid_mappings, spec.linux.gid_mappings
    if not uids or not gids:
        raise InvalidParameter(f"mount {mount.destination}: id-mapped mounts need mappings for users and for groups")
    namespace = mapped_user_namespace(uids, gids)
    try:
        set_attributes(tree, set_=MOUNT_ATTR_IDMAP, user_namespace=namespace, recursive=parsed.recursive_idmap)
    finally:
        os.close(namespace)


def _open_null(opened: list[int]) -> int:
    """/dev/null, to lie over masked files; checked to be that device, else a mask would show what it should hide."""
    try:
        tree = clone_tree(AT_FDCWD, "/dev/null")
        opened.append(tree)
        found = os.fstat(tree)
    except OSError as error:
        raise SystemFailure(f"open /dev/null: {reason(error)}") from error
    if not stat.S_ISCHR(found.st_mode) or found.st_rdev != NULL_DEVICE:
        raise SystemFailure("/dev/null of this host is not the null device")
    return tree


def _open_devices(spec: Spec, opened: list[int]) -> tuple[tuple[str, int], ...]:
    """With a user namespace no device can be made, so those of the host are bound: path and detached mount of each."""
    from_host = spec.linux is not None and any(each.type == "user" for each in spec.linux.namespaces)
    if not from_host:
        return ()
    trees = []
    for path in [device.path for device in devices.wanted(spec)]:
        try:
            tree = clone_tree(AT_FDCWD, path)
        except FileNotFoundError:
            raise NotFound(f"device {path} does not exist on the host") from None
        except OSError as error:
            raise SystemFailure(f"open device {path}: {reason(error)}") from error
        opened.append(tree)
        trees.append((path, tree))
    return tuple(trees)
