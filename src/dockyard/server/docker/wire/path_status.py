"""The header that says what is at a path of a container: JSON in base64, the mode as Go's os.FileMode has it.

https://docs.docker.com/reference/api/engine/version/v1.55/#tag/Container/operation/ContainerArchiveInfo
"""

import base64
import os
import stat

import msgspec

from dockyard.engine.containers.archive.look import NamedStatus
from dockyard.engine.timestamps import rfc3339

STATUS_HEADER = "X-Docker-Container-Path-Stat"

_EPOCH = "1970-01-01T00:00:00Z"
"""The time of files in reproducible images; elsewhere 0 means that there is none."""

_DEVICE, _CHARACTER = 1 << 26, 1 << 21
_KINDS = {
    stat.S_IFDIR: 1 << 31,
    stat.S_IFLNK: 1 << 27,
    stat.S_IFBLK: _DEVICE,
    stat.S_IFCHR: _DEVICE | _CHARACTER,
    stat.S_IFIFO: 1 << 25,
    stat.S_IFSOCK: 1 << 24,
}
_BITS = ((stat.S_ISUID, 1 << 23), (stat.S_ISGID, 1 << 22), (stat.S_ISVTX, 1 << 20))


def path_status_text(found: NamedStatus) -> str:
    """The value of the header."""
    status = found.status
    document = {
        "name": found.name,
        "size": status.size,
        "mode": go_mode(status.mode),
        "mtime": rfc3339(status.mtime_ns) if status.mtime_ns else _EPOCH,
        # A name is bytes; what isn't UTF-8 can't be said in JSON.
        "linkTarget": os.fsencode(status.target).decode("utf-8", "replace"),
    }
    return base64.b64encode(msgspec.json.encode(document)).decode("ascii")


def go_mode(mode: int) -> int:
    """st_mode as Go's os.FileMode: the permissions where they are, kinds and special bits elsewhere."""
    bits = sum(bit for unix, bit in _BITS if mode & unix)
    return _KINDS.get(stat.S_IFMT(mode), 0) | bits | (mode & 0o777)
