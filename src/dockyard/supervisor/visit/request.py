"""What a visit is asked for, and its form as a message."""

from typing import Any, NamedTuple

from dockyard.fs.mount import Mount, mount_from_json


class Bind(NamedTuple):
    """Something of the host that a stopped container would have at `destination`: `source`, a file or a directory."""

    destination: str
    source: str
    readonly: bool = False
    recursive: bool = True


class Volume(NamedTuple):
    """A place in the container that isn't part of its root, and whether it may be written."""

    destination: str
    writable: bool = True


class VisitRequest(NamedTuple):
    """One visit.

    `action`: `status`, `read` (an archive of `path` goes to the pipe that comes along) or `write` (the archive in that
    pipe is unpacked in the directory `path`). `path` begins with a slash; a slash or `/.` at its end means the
    directory behind a link.

    A running container is found by `pid`, its first process. With `pid` 0 its root comes about by `mounts` at `root`,
    and `binds` in it, in order.

    For `write`: `volumes` and `readonly_root` say where it may go, `keep_kinds` that no directory may take the place of
    anything else nor the other way round, `owner` (uid, gid) who gets everything instead of whom the archive names.
    """

    action: str
    path: str
    container_id: str
    pid: int = 0
    root: str = ""
    mounts: tuple[Mount, ...] = ()
    binds: tuple[Bind, ...] = ()
    volumes: tuple[Volume, ...] = ()
    readonly_root: bool = False
    keep_kinds: bool = False
    owner: tuple[int, int] | None = None


def to_json(request: VisitRequest) -> dict[str, Any]:
    """`request` as a message's fields."""
    return request._asdict()


def from_json(message: dict[str, Any]) -> VisitRequest:
    """The inverse of `to_json`; fields that aren't a request's are passed over."""
    fields = {name: message[name] for name in VisitRequest._fields if name in message}
    fields["mounts"] = tuple(mount_from_json(mount) for mount in fields.get("mounts", ()))
    fields["binds"] = tuple(Bind(*bind) for bind in fields.get("binds", ()))
    fields["volumes"] = tuple(Volume(*volume) for volume in fields.get("volumes", ()))
    owner = fields.get("owner")
    fields["owner"] = None if owner is None else (int(owner[0]), int(owner[1]))
    return VisitRequest(**fields)
