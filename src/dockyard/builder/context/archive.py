"""A context that came as an archive: tar, plain or compressed, unpacked into a directory of its own.

Hostile: names that climb, links that lead out, bombs. The first two end inside (fs/rooted.py); an archive that would
fill the disk is refused before it does. What the Dockerfile and `.dockerignore` say of themselves is done here, too.
"""

import os
from collections.abc import Iterable, Iterator

from dockyard.builder.dockerfile.ignore import NAME, Ignore, read_patterns
from dockyard.errors import InvalidParameter
from dockyard.fs.archive.extract import Extractor
from dockyard.fs.archive.reader import Member, TarReader
from dockyard.fs.archive.source import StreamSource
from dockyard.fs.paths import components
from dockyard.fs.rooted import RootedTree, Steps
from dockyard.store.content.compression import MAGIC_BYTES, detect, inflate
from dockyard.store.graphdriver.view import View

DEFAULT_DOCKERFILE = "Dockerfile"
LARGEST_DOCKERFILE_BYTES = 8 << 20
MOST_MEMBERS = 4_000_000
_LEAST_FREE_BYTES = 256 << 20
_CHECK_EVERY_BYTES = 64 << 20


def unpack_context(chunks: Iterable[bytes], directory: str) -> None:
    """Everything in the archive into the empty `directory`.

    Raises InvalidParameter for what isn't an archive or is too large, SystemFailure when the disk refuses.
    """
    pieces = iter(chunks)
    beginning = b""
    while len(beginning) < MAGIC_BYTES and (piece := next(pieces, b"")):
        beginning += piece
    whole = _chained(beginning, pieces)
    counted = _watched(inflate(whole, detect(beginning)), directory)
    with RootedTree(directory) as tree:
        try:
            Extractor(tree, special=_Census().count, keep_xattr=_plain).extract(TarReader(StreamSource(counted)))
        except InvalidParameter as error:
            raise InvalidParameter(f"Error processing tar file(exit status 1): {error}") from None
    for _ in pieces:
        pass  # what follows the archive's end: the client is to be read to its end


def read_dockerfile(directory: str, name: str) -> tuple[str, bytes]:
    """The Dockerfile `name` (empty: `Dockerfile`, or in lower case) of a context: its name and bytes.

    Raises InvalidParameter in Docker's words when it isn't there or lies outside.
    """
    wanted = name or DEFAULT_DOCKERFILE
    if os.path.normpath(wanted.lstrip("/")).startswith(".."):
        raise InvalidParameter(f"forbidden path outside the build context: {wanted} ()")
    for candidate in (wanted, wanted.lower()) if wanted == DEFAULT_DOCKERFILE else (wanted,):
        data = read_file(directory, candidate)
        if data is not None:
            return candidate, data
    raise InvalidParameter(f"Cannot locate specified Dockerfile: {wanted}")


def read_file(directory: str, name: str, limit_bytes: int = LARGEST_DOCKERFILE_BYTES) -> bytes | None:
    """A small file of a context, links followed inside; None when there is none. InvalidParameter when it is large."""
    view = View([directory])
    try:
        steps = view.resolve(components(os.fsencode(name)))
        if steps is None:
            return None
        descriptor = view.open(steps)
    except OSError as error:
        raise InvalidParameter(f"open {name}: {(error.strerror or str(error)).lower()}") from error
    try:
        if os.fstat(descriptor).st_size > limit_bytes:
            raise InvalidParameter(f"{name} is larger than {limit_bytes} bytes")
        return os.pread(descriptor, limit_bytes, 0)
    finally:
        os.close(descriptor)


def apply_own_rules(directory: str, dockerfile: str) -> None:
    """Remove Dockerfile and `.dockerignore` where the latter excludes them; the client left out all else."""
    rules = read_file(directory, NAME)
    if rules is None:
        return
    ignore = Ignore(read_patterns(rules.decode("utf-8", "replace")))
    with RootedTree(directory) as tree:
        for name in (NAME, dockerfile):
            steps = components(os.fsencode(name))
            if steps and ignore.excludes("/".join(os.fsdecode(step) for step in steps)):
                try:
                    os.unlink(steps[-1], dir_fd=tree.directory(steps[:-1]))
                except OSError:
                    continue


def exclude(directory: str, patterns: Iterable[str]) -> None:
    """Remove from a context what the patterns of a `.dockerignore` leave out: for contexts that no client filtered."""
    ignore = Ignore(patterns)
    if not ignore:
        return
    for parent, directories, files in os.walk(os.fsencode(directory), topdown=False):
        for name in (*files, *directories):
            path = os.path.join(parent, name)
            if not ignore.excludes(os.fsdecode(os.path.relpath(path, os.fsencode(directory)))):
                continue
            try:
                if os.path.isdir(path) and not os.path.islink(path):
                    os.rmdir(path)  # stays when something in it is let in again
                else:
                    os.unlink(path)
            except OSError:
                continue


def _plain(name: bytes) -> bool:
    return name.startswith((b"user.", b"security.capability"))


def _chained(beginning: bytes, pieces: Iterator[bytes]) -> Iterator[bytes]:
    if beginning:
        yield beginning
    yield from pieces


def _watched(chunks: Iterable[bytes], directory: str) -> Iterator[bytes]:
    """Passes chunks on as long as there is room for them on the disk."""
    since = _CHECK_EVERY_BYTES
    for chunk in chunks:
        since += len(chunk)
        if since >= _CHECK_EVERY_BYTES:
            since = 0
            disk = os.statvfs(directory)
            if disk.f_bavail * disk.f_frsize < _LEAST_FREE_BYTES:
                raise InvalidParameter("the build context is larger than what is free on the disk")
        yield chunk


class _Census:
    """Counts members."""

    def __init__(self) -> None:
        self._count = 0

    def count(self, member: Member, steps: Steps) -> bool:
        del member, steps
        self._count += 1
        if self._count > MOST_MEMBERS:
            raise InvalidParameter(f"more than {MOST_MEMBERS} files in the build context")
        return False
