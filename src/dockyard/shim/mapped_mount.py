"""A mount whose files have other owners than on disk: the root of a container in a user namespace.

overlayfs can't be id-mapped, but it takes layers from a mount that is (Linux 5.19). So: in a mount namespace that only
this errand sees, the directory of all layers is covered by an id-mapped copy of itself; there the overlay is mounted,
with the same paths as ever; a copy of that mount is carried home and attached where it belongs.

https://docs.kernel.org/filesystems/idmappings.html
"""

import os
from collections.abc import Callable

from dockyard.errors import SystemFailure
from dockyard.fs.mount import IdMap, Mount, Ranges
from dockyard.linux import mount as kernel
from dockyard.linux.file_ids import acting_as
from dockyard.linux.libc import reason
from dockyard.linux.mount_objects import AT_FDCWD, MOUNT_ATTR_IDMAP, attach, clone_tree, set_attributes
from dockyard.linux.namespaces import CLONE_NEWNS, setns, unshare
from dockyard.runtime.user_namespace import mapped_user_namespace
from dockyard.spec.runtime import IdMapping

_PLACE = os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC


def mount_mapped(mount: Mount, id_map: IdMap, perform: Callable[[Mount], None]) -> None:
    """Mount `mount`, which `perform` does, with the owners of files below `id_map.directory` mapped.

    Its target is made if it isn't there.
    For a process with one thread. OSError and SystemFailure: nothing is mounted.
    """
    opened: list[int] = []
    try:
        home = _open("/proc/self/ns/mnt", os.O_RDONLY | os.O_CLOEXEC, opened)
        if not os.path.lexists(mount.target):
            os.makedirs(mount.target, mode=0o700)
        target = _open(mount.target, _PLACE, opened)
        layers = clone_tree(AT_FDCWD, id_map.directory)
        opened.append(layers)
        _map(layers, id_map)
        unshare(CLONE_NEWNS)
        try:
            kernel.mount(None, "/", None, kernel.MS_SLAVE | kernel.MS_REC)
            attach(layers, _open(id_map.directory, _PLACE, opened))
            # overlayfs keeps who has mounted it, and acts as that: somebody whom the mapping knows.
            with acting_as(id_map.uids[0][1], id_map.gids[0][1]):
                perform(mount)
            made = clone_tree(AT_FDCWD, mount.target)
            opened.append(made)
            # Out of the group of the namespace that ends here; at home it is as private as any other mount.
            set_attributes(made, propagation=kernel.MS_PRIVATE)
        finally:
            setns(home, CLONE_NEWNS)
        attach(made, target)
    finally:
        for descriptor in opened:
            os.close(descriptor)


def _open(path: str, flags: int, opened: list[int]) -> int:
    descriptor = os.open(path, flags)
    opened.append(descriptor)
    return descriptor


def _map(tree: int, id_map: IdMap) -> None:
    namespace = mapped_user_namespace(_mappings(id_map.uids), _mappings(id_map.gids))
    try:
        set_attributes(tree, set_=MOUNT_ATTR_IDMAP, user_namespace=namespace)
    except OSError as error:
        raise SystemFailure(f"map the owners of files below {id_map.directory}: {reason(error)}") from error
    finally:
        os.close(namespace)


def _mappings(ranges: Ranges) -> tuple[IdMapping, ...]:
    return tuple(IdMapping(*one) for one in ranges)
