"""`moby.filesync.v1.FileSync`: the daemon asks for a folder, or for what patterns leave of it."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote_plus

from dockyard.builder.session.filesync.entry import Entry
from dockyard.builder.session.filesync.send import send
from dockyard.builder.session.filesync.stream import GrpcPackets
from dockyard.builder.session.filesync.tree import Tree
from dockyard.errors import Forbidden, SystemFailure
from dockyard.rpc.serve import Methods, conversing


def file_methods(folders: Mapping[str, str]) -> Methods:
    """Gives out `folders`, by the names by which the daemon may ask for them, and nothing else."""

    async def diff_copy(stream: Any) -> None:
        asked = stream.metadata or {}
        name = next(iter(values(asked, "dir-name")), "")
        folder = folders.get(name)
        if folder is None:
            raise Forbidden(f'no access allowed to dir "{name}"')
        try:
            tree = Tree(
                folder,
                includes=values(asked, "include-patterns"),
                excludes=values(asked, "exclude-patterns"),
                follow=values(asked, "followpaths"),
                change=_without_owner,
            )
        except OSError as error:
            raise SystemFailure(f"{folder}: {error.strerror}") from error
        try:
            await send(GrpcPackets(stream), tree)
        finally:
            tree.close()

    return conversing("/moby.filesync.v1.FileSync/DiffCopy", diff_copy)


def values(metadata: Any, name: str) -> list[str]:
    """All values of a header; those that aren't ASCII come as URLs have them, and a header beside says so."""
    found = [str(value) for value in metadata.getall(name, [])]
    if metadata.get(f"{name}-encoded", "") in ("1", "t", "T", "true", "TRUE", "True"):
        found = [unquote_plus(value, errors="surrogateescape") for value in found]
    return found


def _without_owner(entry: Entry) -> Entry:
    """Whose files they are here is no matter of the image's: a context belongs to root."""
    return entry._replace(uid=0, gid=0)
