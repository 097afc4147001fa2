"""A context that came as an archive: tar, plain or compressed. It becomes one uncompressed file with an index.

Hostile: names that climb, links that lead out, bombs. The first two end inside (files/archive.py); an archive that
would fill the disk is refused before it does. What Dockerfile and `.dockerignore` say of themselves is done here, too.
"""

import os
import posixpath
import stat
from collections.abc import Iterable, Iterator

from dockyard.builder.dockerfile.ignore import NAME, Ignore, read_patterns
from dockyard.builder.files import Files
from dockyard.builder.files.archive import ArchiveFiles
from dockyard.builder.ops.unpack import inflated
from dockyard.errors import InvalidParameter
from dockyard.fs.archive.extract import Extractor
from dockyard.fs.archive.reader import TarReader
from dockyard.fs.archive.source import FileSource, write_all
from dockyard.fs.paths import components
from dockyard.fs.rooted import RootedTree, remove_entry

DEFAULT_DOCKERFILE = "Dockerfile"
LARGEST_DOCKERFILE_BYTES = 8 << 20
_LEAST_FREE_BYTES = 256 << 20
_CHECK_EVERY_BYTES = 64 << 20


def receive_context(chunks: Iterable[bytes], path: str) -> ArchiveFiles:
    """The archive that comes in `chunks`, kept at `path`.

    Raises InvalidParameter for what isn't an archive or is too large, SystemFailure when the disk refuses.
    """
    pieces = iter(chunks)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        for chunk in watched(inflated(pieces), descriptor):
            write_all(descriptor, chunk)
    finally:
        os.close(descriptor)
    for _ in pieces:
        pass  # what follows the archive's end: the client is to be read to its end
    try:
        return ArchiveFiles(path)
    except InvalidParameter as error:
        raise InvalidParameter(f"Error processing tar file(exit status 1): {error}") from None


def unpack_archive(files: ArchiveFiles, directory: str) -> None:
    """A received context into the empty `directory`, for who needs files on disk. Errors as `receive_context`."""
    descriptor = os.open(files.path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        with RootedTree(directory) as tree:
            Extractor(tree, keep_xattr=_plain).extract(TarReader(FileSource(descriptor)))
            for steps in files.removed:
                remove_entry(steps[-1], tree.directory(steps[:-1]))
    finally:
        os.close(descriptor)


def read_dockerfile(files: Files, name: str) -> tuple[str, bytes]:
    """The Dockerfile `name` (empty: `Dockerfile`, or in lower case) of a context: its name and bytes.

    Raises InvalidParameter in Docker's words when it isn't there or lies outside.
    """
    wanted = name or DEFAULT_DOCKERFILE
    if posixpath.normpath(wanted.lstrip("/")).split("/")[0] == "..":
        raise InvalidParameter(f"forbidden path outside the build context: {wanted} ()")
    for candidate in (wanted, wanted.lower()) if wanted == DEFAULT_DOCKERFILE else (wanted,):
        data = read_file(files, candidate)
        if data is not None:
            return candidate, data
    raise InvalidParameter(f"Cannot locate specified Dockerfile: {wanted}")


def read_file(files: Files, name: str, limit_bytes: int = LARGEST_DOCKERFILE_BYTES) -> bytes | None:
    """A small file of a context, links followed inside; None when there is none. InvalidParameter when it is large."""
    try:
        with files.reader() as reader:
            steps = reader.resolve(components(os.fsencode(name)))
            status = reader.status(steps) if steps is not None else None
            if steps is None or status is None:
                return None
            if not stat.S_ISREG(status.st_mode):
                raise InvalidParameter(f"{name} is no regular file")
            if status.st_size > limit_bytes:
                raise InvalidParameter(f"{name} is larger than {limit_bytes} bytes")
            return b"".join(reader.data(steps))
    except OSError as error:
        raise InvalidParameter(f"open {name}: {(error.strerror or str(error)).lower()}") from error


def apply_own_rules(files: ArchiveFiles, dockerfile: str) -> None:
    """Leave out Dockerfile and `.dockerignore` where the latter excludes them; the client left out all else."""
    rules = read_file(files, NAME)
    if rules is None:
        return
    ignore = Ignore(read_patterns(rules.decode("utf-8", "replace")))
    for name in (NAME, dockerfile):
        steps = components(os.fsencode(name))
        if steps and ignore.excludes("/".join(os.fsdecode(step) for step in steps)):
            files.remove(steps)


def exclude(directory: str, patterns: Iterable[str]) -> None:
    """Remove from a directory what the patterns of a `.dockerignore` leave out: for what no client filtered."""
    ignore = Ignore(patterns)
    if not ignore:
        return
    for parent, directories, names in os.walk(os.fsencode(directory), topdown=False):
        for name in (*names, *directories):
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


def watched(chunks: Iterable[bytes], descriptor: int) -> Iterator[bytes]:
    """Passes chunks on as long as there is room for them on the disk."""
    since = _CHECK_EVERY_BYTES
    for chunk in chunks:
        since += len(chunk)
        if since >= _CHECK_EVERY_BYTES:
            since = 0
            disk = os.fstatvfs(descriptor)
            if disk.f_bavail * disk.f_frsize < _LEAST_FREE_BYTES:
                raise InvalidParameter("the build context is larger than what is free on the disk")
        yield chunk
