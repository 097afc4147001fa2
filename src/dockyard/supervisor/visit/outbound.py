"""A path of a container's root as an archive, as Docker names its members.

A directory's members begin with its own name, `/etc` gives `etc/` and `etc/passwd`; `/etc/.` gives `./` and `./passwd`.
Of procfs, sysfs and their like only the mount point is taken: what is in them is the kernel's, not the container's.
"""

import os
from collections.abc import Iterator
from typing import NamedTuple

from dockyard.fs.archive.pack import Packer, rechunk
from dockyard.fs.archive.source import write_all
from dockyard.fs.archive.walk import entry_members
from dockyard.fs.archive.writer import END
from dockyard.linux.open_beneath import in_root
from dockyard.linux.statfs import CGROUP_V1, CGROUP_V2, DEVPTS, PROC, SYSFS, filesystem_type

_OF_THE_KERNEL = frozenset((PROC, SYSFS, DEVPTS, CGROUP_V1, CGROUP_V2))


class Origin(NamedTuple):
    """What is to be packed: `leaf` in the directory `parent`, called `name` in the archive."""

    parent: int
    leaf: bytes
    name: bytes
    status: os.stat_result


def open_origin(root: int, path: str) -> Origin:
    """The entry at `path` (see VisitRequest). OSError; NotADirectoryError for `/file/`."""
    name = os.fsencode(os.path.basename(path.rstrip("/")) or "/")
    if path.endswith(("/", "/.")):
        place = in_root(root, path, os.O_RDONLY | os.O_DIRECTORY)
        return Origin(place, b".", name, os.fstat(place))
    parent = in_root(root, os.path.dirname(path), os.O_RDONLY | os.O_DIRECTORY)
    return Origin(parent, name, name, os.stat(name, dir_fd=parent, follow_symlinks=False))


def pack(origin: Origin, output: int) -> None:
    """Write the archive of `origin` to the descriptor `output`. SystemFailure; OSError when nobody reads any more."""
    for chunk in rechunk(_members(origin)):
        write_all(output, chunk)


def _members(origin: Origin) -> Iterator[bytes]:
    # As Docker: the root directory's own name is empty, its members begin with a slash.
    name = b"" if origin.name == b"/" else origin.name
    yield from entry_members(Packer(), name, origin.leaf, origin.parent, origin.status, _is_the_containers)
    yield END


def _is_the_containers(directory: int) -> bool:
    return filesystem_type(directory) not in _OF_THE_KERNEL
