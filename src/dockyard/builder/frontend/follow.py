"""Which files of a context a build reads: only those are asked of the client."""

import posixpath
from collections.abc import Iterator

from dockyard.builder.graph import BindMount, CacheMount, LocalTree, Run, Transfer, Vertex


def followed(results: tuple[Vertex, ...], name: str) -> tuple[str, ...]:
    """Paths in the context `name`, sorted, wildcards as they stand; none when all of it may be read."""
    paths: set[str] = set()
    for vertex in _all(results):
        for index, one in enumerate(vertex.inputs):
            if isinstance(one.operation, LocalTree) and one.operation.name == name:
                for path in _read(vertex, index):
                    clean = posixpath.normpath("/" + path).strip("/")
                    if not clean:
                        return ()
                    paths.add(clean)
    return tuple(sorted(paths))


def _read(vertex: Vertex, index: int) -> Iterator[str]:
    """The paths that a vertex reads of its input `index`."""
    match vertex.operation:
        case Transfer() as transfer:
            for selection in transfer.selections:
                if selection.input == index:
                    yield from ("/",) if selection.whole else selection.paths
        case Run() as run:
            for mount in run.mounts:
                if isinstance(mount, BindMount | CacheMount) and mount.input == index:
                    yield mount.source
        case _:
            yield "/"


def _all(results: tuple[Vertex, ...]) -> Iterator[Vertex]:
    seen: set[str] = set()
    pending = list(results)
    while pending:
        vertex = pending.pop()
        if vertex.digest not in seen:
            seen.add(vertex.digest)
            pending += vertex.inputs
            yield vertex
