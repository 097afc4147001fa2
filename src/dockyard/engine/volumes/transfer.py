"""A volume's content into another volume, into an archive, and back: what Docker doesn't have (docs/extensions.md).

Archives are tar as `docker export` writes it: owners by number, extended attributes, hard links, sparse files.
"""

import os
import stat
from collections.abc import Iterable, Iterator

from dockyard.errors import InvalidParameter, SystemFailure
from dockyard.fs.archive.extract import Extractor
from dockyard.fs.archive.header import DIRECTORY, ZERO_BLOCK
from dockyard.fs.archive.pack import Packer, rechunk
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.archive.source import StreamSource
from dockyard.fs.archive.walk import entry_members
from dockyard.fs.archive.writer import END
from dockyard.fs.copying import copy_attributes
from dockyard.fs.rooted import RootedTree, Steps
from dockyard.store.graphdriver.copy import copy_view
from dockyard.store.graphdriver.view import View

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


def copy_tree(source: str, target: str) -> None:
    """Copy all that is below `source` into the empty directory `target`; what changes meanwhile may be copied torn.

    OSError.
    """
    copy_view(View([source]), (), target, whiteouts=True)
    parent = os.open(os.path.dirname(source), _DIRECTORY)
    made = os.open(target, _DIRECTORY)
    try:
        name = os.fsencode(os.path.basename(source))
        status = os.stat(name, dir_fd=parent)
        os.fchown(made, status.st_uid, status.st_gid)
        os.fchmod(made, stat.S_IMODE(status.st_mode))
        copy_attributes(name, parent, made)
    finally:
        os.close(parent)
        os.close(made)


def archive(directory: str) -> Iterator[bytes]:
    """The archive of `directory`, with itself as the member `./`. SystemFailure."""
    return rechunk(_members(directory))


def _members(directory: str) -> Iterator[bytes]:
    parent = os.open(os.path.dirname(directory), _DIRECTORY)
    try:
        name = os.fsencode(os.path.basename(directory))
        yield from entry_members(Packer(), b".", name, parent, os.stat(name, dir_fd=parent))
        yield END
    except OSError as error:
        raise SystemFailure(f"read {directory}: {(error.strerror or str(error)).lower()}") from error
    finally:
        os.close(parent)


def unpack(chunks: Iterable[bytes], target: str) -> None:
    """Write the members of an archive below `target`; nothing leads out of it. InvalidParameter, SystemFailure."""

    def root(member: Member, steps: Steps) -> bool:
        if steps or member.type != DIRECTORY:
            return False
        os.chown(target, member.uid, member.gid)
        os.chmod(target, member.mode & 0o7777)
        return True

    reader = TarReader(StreamSource(chunks))
    with RootedTree(target) as tree:
        Extractor(tree, special=root, keep_xattr=_may_set).extract(reader)
    if not reader.trailer.endswith(ZERO_BLOCK):  # half a backup must not be taken for a whole one
        raise InvalidParameter("unexpected EOF: the archive has no end")


def _may_set(name: bytes) -> bool:
    """Attributes that a file's owner could set, and what programs of a container rely on; nothing of the host's."""
    return name.startswith(b"user.") or name in (
        b"security.capability",
        b"system.posix_acl_access",
        b"system.posix_acl_default",
    )
