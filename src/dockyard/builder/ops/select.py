"""Which files a COPY or ADD takes, and a digest of them. The source is layers, a directory, or an archive.

A path's own links are followed inside the source (never out of it); what lies below a directory is taken as it is. The
digest covers names, kinds, modes, owners (where they are kept), link targets, attributes and contents, but no times:
a fresh checkout of the same files is the same.
"""

import errno
import hashlib
import os
import posixpath
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from dockyard.builder.dockerfile.ignore import Ignore
from dockyard.builder.files import FileReader, Files, Status
from dockyard.errors import DockyardError, InvalidParameter, NotFound
from dockyard.fs.paths import components, display
from dockyard.fs.rooted import Steps

MOST_ENTRIES = 4_000_000
_WILDCARDS = frozenset(b"*?[\\")


@dataclass(slots=True)
class Found:
    """One path that was asked for. `relative`: where it goes below the destination, `()` for a directory's content.

    `entries` are what is below it, parents first: steps in the source, steps below `relative`, status.
    """

    steps: Steps
    relative: Steps
    status: Status
    above: list[tuple[Steps, Steps, Status]] = field(default_factory=list)
    """With `--parents`, the directories that lead here."""
    entries: list[tuple[Steps, Steps, Status]] = field(default_factory=list)
    implied: set[Steps] = field(default_factory=set)
    """Directories among them (steps below `relative`) that only something let in again needs: they keep no time."""
    digest: str = ""

    @property
    def is_directory(self) -> bool:
        """Whether its content is meant."""
        return stat.S_ISDIR(self.status.st_mode)


def select(
    files: Files,
    paths: tuple[str, ...],
    *,
    parents: bool = False,
    excludes: tuple[str, ...] = (),
    from_context: bool = True,
    strict: bool = True,
) -> list[Found]:
    """What `paths` mean in `files`, each with everything below. `strict`: nothing may lead out of a context.

    Raises InvalidParameter in the words of Docker's classic builder, or NotFound in BuildKit's.
    """
    ignore = Ignore(excludes)
    found: list[Found] = []
    with files.reader() as reader:
        for path in paths:
            found += _one(reader, path, parents, from_context, strict)
        for one in found:
            if one.is_directory:
                one.entries = list(_below(reader, one, ignore))
    return found


def content_digest(files: Files, found: list[Found], *, owners: bool) -> str:
    """The digest of all that was selected, and of each by itself (`Found.digest`). Raises OSError."""
    whole = hashlib.sha256()
    with files.reader() as reader:
        for one in found:
            told = hashlib.sha256()
            for steps, relative, status in (*one.above, (one.steps, (), one.status), *one.entries):
                told.update(_described(reader, steps, relative, status, owners))
            one.digest = told.hexdigest()
            whole.update(b"/".join(one.relative) + b"\0" + told.digest())
    return whole.hexdigest()


def uncomputable(what: str) -> str:
    """BuildKit's words for something that can't be found while a key is computed."""
    digest = hashlib.sha256(what.encode("utf-8", "replace")).hexdigest()
    return f"failed to compute cache key: failed to calculate checksum of ref {digest[:25]}::{digest[25:50]}: {what}"


def label_of(found: list[Found]) -> str:
    """What history shows of the content: `file:…`, `dir:…`; `multi:…` for several."""
    labels = [f"{'dir' if one.is_directory else 'file'}:{one.digest}" for one in found]
    if len(labels) == 1:
        return labels[0]
    return "multi:" + hashlib.sha256(",".join(labels).encode()).hexdigest()


def _described(reader: FileReader, steps: Steps, relative: Steps, status: Status, owners: bool) -> bytes:
    mode = status.st_mode
    content = b""
    if stat.S_ISREG(mode):
        content = _file_digest(reader, steps)
    elif stat.S_ISLNK(mode):
        content = reader.readlink(steps)
    device = status.st_rdev if stat.S_ISCHR(mode) or stat.S_ISBLK(mode) else 0
    owner = b"%d:%d" % (status.st_uid, status.st_gid) if owners else b""
    name = b"/".join(relative)
    return b"%d:%s %o %d %s %s\n" % (len(name), name, mode, device, owner, content)


def _file_digest(reader: FileReader, steps: Steps) -> bytes:
    told = hashlib.sha256()
    for chunk in reader.data(steps):
        told.update(chunk)
    attributes = reader.xattrs(steps)
    for key in sorted(attributes):
        told.update(b"\0" + key + b"=" + attributes[key])
    return told.digest()


def _one(reader: FileReader, path: str, parents: bool, from_context: bool, strict: bool) -> list[Found]:
    pivot: Steps = ()
    if parents:
        before, mark, behind = path.partition("/./")
        if mark:
            pivot, path = components(os.fsencode(before)), f"{before}/{behind}"
    if from_context and strict and posixpath.normpath(path.lstrip("/")).split("/")[0] == "..":
        raise InvalidParameter(f"forbidden path outside the build context: {path} ()")
    wanted = components(path.encode("utf-8", "surrogateescape"))
    matches: Iterable[Steps] = [wanted]
    shown = [path]
    if has_wildcards(path):
        if not parents:  # `**` means something with --parents only
            wanted = tuple(b"*" if step == b"**" else step for step in wanted)
        matches = list(_matching(reader, (), wanted))
        shown = [display(b"/".join(steps)) for steps in matches]
    found = []
    for steps, name in zip(matches, shown, strict=True):
        one = _found(reader, steps, parents, pivot, strict)
        if one is None:  # also what matches, when it is a link to nothing
            raise _missing(name, from_context, strict)
        found.append(one)
    return found


def has_wildcards(path: str) -> bool:
    """Whether the path of a COPY is a pattern."""
    return any(character in path for character in "*?[\\")


def _missing(path: str, from_context: bool, strict: bool) -> DockyardError:
    if not strict:
        return NotFound(f'"{posixpath.normpath("/" + path.lstrip("/"))}": not found')
    shown = path.lstrip("/") or "."
    where = "file not found in build context or excluded by .dockerignore: " if from_context else ""
    return InvalidParameter(f"{where}stat {shown}: file does not exist")


def _found(reader: FileReader, wanted: Steps, parents: bool, pivot: Steps, strict: bool) -> Found | None:
    """None when it isn't there. What is asked for by itself can't be excluded, only what is below it."""
    try:
        real = reader.resolve(wanted)
    except OSError as error:
        if error.errno == errno.ELOOP and not strict:
            raise NotFound("too many links") from error
        raise InvalidParameter(f"{display(b'/'.join(wanted))}: {(error.strerror or '').lower()}") from error
    status = reader.status(real) if real is not None else None
    if real is None or status is None:
        return None
    is_directory = stat.S_ISDIR(status.st_mode)
    if not parents:
        return Found(real, () if is_directory else wanted[-1:], status)
    relative = wanted[len(pivot) :] if wanted[: len(pivot)] == pivot else wanted
    one = Found(real, relative, status)
    for depth in range(1, len(relative)):
        above = wanted[: len(wanted) - len(relative) + depth]
        resolved = reader.resolve(above)
        described = reader.status(resolved) if resolved is not None else None
        if resolved is not None and described is not None:
            one.above.append((resolved, relative[:depth], described))
    return one


def _matching(reader: FileReader, above: Steps, patterns: Steps) -> Iterator[Steps]:
    """Paths that match, in byte order; `*` stays in one step, `**` as a whole step is any number of them."""
    if not patterns:
        yield above
        return
    first, rest = patterns[0], patterns[1:]
    if first == b"**":
        yield from _matching(reader, above, rest)
        for name in _directories(reader, above):
            yield from _matching(reader, (*above, name), patterns)
        return
    if not _WILDCARDS.intersection(first):
        if _is_there(reader, (*above, first)):
            yield from _matching(reader, (*above, first), rest)
        return
    step = Ignore([os.fsdecode(first)])
    real = reader.resolve(above)
    for name in sorted(reader.names(real)) if real is not None else ():
        if step.excludes(os.fsdecode(name)):
            yield from _matching(reader, (*above, name), rest)


def _is_there(reader: FileReader, steps: Steps) -> bool:
    """Whether there is a name, wherever it leads."""
    above = reader.resolve(steps[:-1])
    return above is not None and reader.status((*above, steps[-1])) is not None


def _directories(reader: FileReader, above: Steps) -> list[bytes]:
    found = []
    for name in sorted(reader.names(above)):
        status = reader.status((*above, name))
        if status is not None and stat.S_ISDIR(status.st_mode):
            found.append(name)
    return found


def _below(reader: FileReader, one: Found, ignore: Ignore) -> Iterator[tuple[Steps, Steps, Status]]:
    depth = len(one.steps)
    count = 0
    kept_out: list[tuple[Steps, Steps, Status]] = []
    for steps, status in reader.walk(one.steps):
        if stat.S_ISSOCK(status.st_mode):
            continue
        count += 1
        if count > MOST_ENTRIES:
            raise InvalidParameter(f"more than {MOST_ENTRIES} files to copy")
        relative = steps[depth:]
        entry = (steps, relative, status)
        if not ignore:
            yield entry
            continue
        if ignore.excludes(os.fsdecode(b"/".join(relative))):
            if stat.S_ISDIR(status.st_mode):
                kept_out.append(entry)  # it is made after all when something in it is let in again
            continue
        for above in [other for other in kept_out if relative[: len(other[1])] == other[1]]:
            kept_out.remove(above)
            one.implied.add(above[1])
            yield above
        yield entry
