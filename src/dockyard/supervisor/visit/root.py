"""The root of a container as a descriptor, with everything mounted that the container sees.

setns(2), unshare(2), mount_namespaces(7). Only for a process with one thread that ends after its visit.
"""

import os

from dockyard.errors import Conflict, SystemFailure
from dockyard.linux.libc import reason
from dockyard.linux.mount import MS_PRIVATE, MS_REC, MS_SLAVE, mount
from dockyard.linux.mount_objects import MOUNT_ATTR_RDONLY, attach, clone_tree, set_attributes
from dockyard.linux.namespaces import CLONE_NEWNS, CLONE_NEWUSER, setns, unshare
from dockyard.runtime.init.credentials import become_mapped_root
from dockyard.runtime.rootfs.targets import make_directory, make_file
from dockyard.shim.rootfs import mount_all
from dockyard.supervisor.visit.request import Bind, VisitRequest

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def open_root(request: VisitRequest) -> int:
    """A descriptor of the container's root directory.

    Raises:
        Conflict: the container has just ended.
        SystemFailure: something couldn't be mounted or opened.
    """
    try:
        return _of_running(request) if request.pid else _of_stopped(request)
    except OSError as error:
        raise SystemFailure(f"open the root of container {request.container_id}: {reason(error)}") from error


def _of_running(request: VisitRequest) -> int:
    """Enter the container's mount namespace, open its root, and keep our own as the directory where paths begin.

    Not by /proc/PID/root: that is wherever the first process has put itself by chroot(2). And in the namespace we stay:
    from any other one the kernel lets go of a mount whose directory or file is removed; from within it is EBUSY.
    """
    gone = Conflict(f"container {request.container_id} is not running")
    try:
        process = os.open(f"/proc/{request.pid}", _DIRECTORY)
        # From here on `process` means this very process or nothing. But the pid may have got a new owner before.
        if request.container_id not in _cgroups(process):
            raise gone
        theirs = os.open("ns/mnt", os.O_RDONLY | os.O_CLOEXEC, dir_fd=process)
        user = os.open("ns/user", os.O_RDONLY | os.O_CLOEXEC, dir_fd=process)
    except (FileNotFoundError, ProcessLookupError):
        raise gone from None
    our_root = os.open("/", _DIRECTORY)
    own_user = os.stat("/proc/self/ns/user")
    setns(theirs, CLONE_NEWNS)
    root = os.open("/", _DIRECTORY)
    os.fchdir(our_root)
    os.chroot(".")  # for the /proc of the host
    if not os.path.samestat(os.fstat(user), own_user):
        # Its files have the owners that its root sees, and what is unpacked gets them, too.
        setns(user, CLONE_NEWUSER)
        become_mapped_root()
    return root


def _cgroups(process: int) -> str:
    descriptor = os.open("cgroup", os.O_RDONLY | os.O_CLOEXEC, dir_fd=process)
    try:
        return os.read(descriptor, 1 << 16).decode(errors="replace")
    finally:
        os.close(descriptor)


def _of_stopped(request: VisitRequest) -> int:
    unshare(CLONE_NEWNS)
    # A slave: what the host unmounts meanwhile disappears here too, and nothing of ours ever shows there.
    mount(None, "/", None, MS_SLAVE | MS_REC)
    mount_all(request.mounts)
    root = os.open(request.root, _DIRECTORY)
    for bind in request.binds:
        _bind(root, bind)
    if request.readonly_root and request.mounts:
        set_attributes(root, set_=MOUNT_ATTR_RDONLY)
    return root


def _bind(root: int, bind: Bind) -> None:
    source = os.open(bind.source, os.O_PATH | os.O_CLOEXEC)
    is_directory = os.path.isdir(f"/proc/self/fd/{source}")
    place = make_directory(root, bind.destination) if is_directory else make_file(root, bind.destination)
    tree = clone_tree(source, recursive=bind.recursive)
    set_attributes(tree, propagation=MS_PRIVATE, recursive=True)
    if bind.readonly:
        set_attributes(tree, set_=MOUNT_ATTR_RDONLY, recursive=bind.recursive)
    attach(tree, place)
    for descriptor in (source, place, tree):
        os.close(descriptor)
