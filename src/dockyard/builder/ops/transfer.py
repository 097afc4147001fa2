"""COPY and ADD: what was selected goes into a draft. Also the directory of WORKDIR. All in a thread."""

import os
import stat
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass

from dockyard.builder.files import Files, LayerFiles
from dockyard.builder.graph import InlineFile, MakeDirectory, Selection, Transfer
from dockyard.builder.ops.canvas import Canvas
from dockyard.builder.ops.mode import changed_mode
from dockyard.builder.ops.owner import lenient_owner, resolve_owner
from dockyard.builder.ops.place import Attributes, place
from dockyard.builder.ops.select import Found, content_digest, has_wildcards, label_of, select, uncomputable
from dockyard.builder.ops.unpack import is_archive, unpack
from dockyard.errors import DockyardError, InvalidParameter, NotFound, SystemFailure
from dockyard.fs.paths import components, display
from dockyard.fs.rooted import Steps, remove_tree
from dockyard.store.graphdriver.view import View

_DOWNLOAD_MODE = 0o600


@dataclass(slots=True)
class Prepared:
    """What a transfer will move: for each selection its view and what was found in it; and its digest and label."""

    operation: Transfer
    parts: list[tuple[Selection, Files, list[Found]]]
    digest: str
    label: str


def prepare(operation: Transfer, trees: list[Files], contexts: list[bool]) -> Prepared:
    """Select and digest. `trees[n]` is of `inputs[n]`; `contexts[n]`: it is what the client sent.

    Raises InvalidParameter, with the words of Docker's builder, for what isn't there.
    """
    parts, digests, everything = [], [], []
    try:
        for one in operation.selections:
            files, sent = trees[one.input], contexts[one.input]
            found = select(
                files,
                one.paths,
                parents=one.parents,
                excludes=operation.excludes,
                from_context=sent,
                strict=operation.strict,
            )
            digests.append(content_digest(files, found, owners=operation.keep_owner))
            parts.append((one, files, found))
            everything += found
    except NotFound as error:
        raise _not_found(operation, str(error), sent) from None
    except InvalidParameter as error:
        raise InvalidParameter(f"{operation.keyword} failed: {error}") from None
    except OSError as error:
        raise SystemFailure(f"{operation.keyword} failed: {(error.strerror or str(error)).lower()}") from error
    if operation.strict and operation.selections and not everything and not operation.excludes:
        raise InvalidParameter(f"{operation.keyword} failed: no source files were specified")
    if operation.strict and len(everything) > 1 and not operation.destination.endswith("/"):
        raise InvalidParameter(
            f"When using {operation.keyword} with more than one source file, "
            "the destination must be a directory and end with a /"
        )
    label = label_of(everything) if everything else "multi:" + "".join(digests)
    return Prepared(operation, parts, ",".join(digests), label)


def _not_found(operation: Transfer, what: str, sent: bool) -> InvalidParameter:
    """BuildKit's words: it looks for several, and into contexts, while it computes a key, else when it copies."""
    paths = [path for one in operation.selections for path in one.paths]
    if len(paths) == 1 and not has_wildcards(paths[0]) and not sent:
        path = what.rpartition(": ")[0].strip('"')
        return InvalidParameter(f"lstat {path}: no such file or directory")
    return InvalidParameter(uncomputable(what))


def perform(prepared: Prepared, directory: str, below: View | None, scratch: str) -> None:
    """Write everything into the draft at `directory`, which stands on `below`. `scratch`: a place for unpacking.

    Raises InvalidParameter, SystemFailure.
    """
    operation = prepared.operation
    find_owner = resolve_owner if operation.strict else lenient_owner
    owner = find_owner(operation.chown, below) if operation.chown else None
    try:
        with Canvas(directory, None if operation.link else below) as canvas:
            for selection, files, found in prepared.parts:
                for one in found:
                    _place(canvas, operation, selection, files, one, owner, scratch)
            for file in operation.files:
                _inline(canvas, operation, file, owner or (0, 0))
    except OSError as error:
        name = error.filename if isinstance(error.filename, str) else display(error.filename or b"")
        reason = (error.strerror or str(error)).lower()
        raise SystemFailure(f"failed to copy files: {name}{': ' if name else ''}{reason}") from error
    except DockyardError as error:
        prefix = "failed to copy files: " if operation.strict else ""
        raise type(error)(f"{prefix}{error}") from None


def _place(
    canvas: Canvas,
    operation: Transfer,
    selection: Selection,
    files: Files,
    found: Found,
    owner: tuple[int, int] | None,
    scratch: str,
) -> None:
    kept = (None, None) if operation.keep_owner else (0, 0)
    uid, gid = owner or kept
    chmod = operation.chmod
    if selection.download and not chmod:
        chmod = f"{_DOWNLOAD_MODE:o}"
    with files.reader() as reader:
        unpacks = selection.unpack and stat.S_ISREG(found.status.st_mode)
        if unpacks and is_archive(reader.data(found.steps)):
            _place_archive(canvas, operation, reader.data(found.steps), owner, scratch)
            return
        attributes = Attributes(uid, gid, chmod, times_target=not operation.strict)
        place(canvas, reader, found, _target(canvas, operation, found), attributes)


def _place_archive(
    canvas: Canvas, operation: Transfer, chunks: Iterator[bytes], owner: tuple[int, int] | None, scratch: str
) -> None:
    directory = tempfile.mkdtemp(prefix="add-", dir=scratch)
    try:
        unpack(chunks, directory)
        files = LayerFiles(View([directory]))
        (found,) = select(files, ("/",))
        uid, gid = owner or (None, None)
        target = canvas.resolve(components(os.fsencode(operation.destination)))
        canvas.enter(target, *(owner or (0, 0)))
        with files.reader() as reader:
            place(canvas, reader, found, target, Attributes(uid, gid, operation.chmod if operation.strict else ""))
    finally:
        remove_tree(directory)


def _target(canvas: Canvas, operation: Transfer, found: Found) -> Steps:
    """Where `found` goes: a directory's content into the destination, a file into it if it is one, else as it."""
    wanted = canvas.resolve(components(operation.destination.encode("utf-8", "surrogateescape")))
    if found.is_directory and not found.relative:
        return wanted
    nested = len(found.relative) > 1 or found.is_directory
    if nested or operation.destination.endswith("/") or canvas.is_directory(wanted):
        return (*wanted, *found.relative) if nested else canvas.resolve((*wanted, *found.relative))
    return wanted


def _inline(canvas: Canvas, operation: Transfer, file: InlineFile, owner: tuple[int, int]) -> None:
    wanted = canvas.resolve(components(operation.destination.encode("utf-8", "surrogateescape")))
    if operation.destination.endswith("/") or canvas.is_directory(wanted):
        wanted = canvas.resolve((*wanted, file.name.encode("utf-8", "surrogateescape")))
    canvas.enter(wanted[:-1], *owner, mode=Attributes(*owner, operation.chmod).made_mode)
    made = canvas.new_file(wanted, *owner)
    try:
        view = memoryview(file.data)
        while view:
            view = view[os.write(made, view) :]
        os.fchown(made, *owner)
        os.fchmod(made, changed_mode(operation.chmod, 0o644, directory=False) if operation.chmod else 0o644)
    finally:
        os.close(made)


def make_directory(operation: MakeDirectory, directory: str, below: View | None) -> None:
    """WORKDIR's directory with those above it in the draft at `directory`. Raises InvalidParameter, SystemFailure."""
    path = operation.path
    try:
        ids = lenient_owner(operation.owner, below) if operation.owner else (0, 0)
        with Canvas(directory, below) as canvas:
            steps = canvas.resolve(components(path.encode("utf-8", "surrogateescape")))
            status = canvas.status(steps)
            if status is None:
                canvas.enter(steps, *ids)
            elif not canvas.is_directory(steps) and operation.strict:
                raise InvalidParameter(f"Cannot mkdir: {path} is not a directory")
            elif not canvas.is_directory(steps):
                raise InvalidParameter(f"mkdir {path}: not a directory")
    except OSError as error:
        raise SystemFailure(f"mkdir {path}: {(error.strerror or str(error)).lower()}") from error
