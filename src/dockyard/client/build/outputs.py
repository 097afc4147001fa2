"""Results: which exporters the daemon is asked for, and where what they send goes."""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dockyard.client.build.attributes import annotations_of
from dockyard.client.build.request import BuildRequest, Output
from dockyard.client.build.services.exports import Target
from dockyard.errors import Conflict, InvalidParameter

_IMAGES = ("image", "registry", "oci", "docker")
_KINDS = (*_IMAGES, "local", "tar", "cacheonly")
IMAGE = "moby"
"""What Docker's daemon calls the exporter into its own images."""


@dataclass(frozen=True, slots=True)
class Export:
    """One exporter: what the daemon is asked for, where the result goes, what is pushed when all is done.

    store: a folder in OCI's layout that the result goes into, blob by blob.
    """

    type: str
    attributes: Mapping[str, str]
    target: Target | None = None
    store: str = ""
    push: tuple[str, ...] = ()


def exports_of(request: BuildRequest, write_stdout: Callable[[bytes], object] | None = None) -> list[Export]:
    """The exporters of `request`: an image in the daemon's store, when it names none.

    write_stdout: takes an archive that goes to `-`. Raises InvalidParameter; Conflict for a file that can't be made.
    """
    if request.call:
        return []
    outputs = request.outputs or (Output("image"),)
    annotations = annotations_of(request)
    found = []
    for output in outputs:
        if output.type not in _KINDS:
            raise InvalidParameter(f"exporter {output.type!r} could not be found: Dockyard knows {', '.join(_KINDS)}")
        if output.type != "cacheonly":
            found.append(_export(output, request.tags, annotations, write_stdout))
    return found


def _export(
    output: Output,
    tags: tuple[str, ...],
    annotations: Mapping[str, str],
    write_stdout: Callable[[bytes], object] | None,
) -> Export:
    attributes = dict(output.attributes)
    kind = output.type
    if kind == "registry":
        kind, attributes["push"] = "image", "true"
    if kind in _IMAGES:
        if tags:
            attributes["name"] = ",".join(tags)
        attributes |= annotations
    if kind in ("oci", "docker") and attributes.get("tar", "").lower() in ("0", "f", "false"):
        if not output.dest or output.dest == "-":
            raise InvalidParameter(f"dest is required for {kind} exporter without tar")
        return Export(kind, attributes, store=output.dest)
    loads = kind == "image" or (kind == "docker" and not output.dest and output.write is None)
    if not loads:
        return Export(kind, attributes, _target(output, kind, write_stdout))
    if output.dest:
        raise InvalidParameter(f"dest isn't supported by {output.type} exporter")
    push: tuple[str, ...] = ()
    if attributes.get("push", "").lower() in ("1", "t", "true"):
        push = tuple(name for name in attributes.get("name", "").split(",") if name)
        if not push:
            raise InvalidParameter("tag is needed when pushing to registry")
        if attributes.get("push-by-digest", "").lower() in ("1", "t", "true"):
            raise InvalidParameter("push-by-digest is currently not implemented for docker driver")
    return Export(IMAGE, attributes, push=push)


def _target(output: Output, kind: str, write_stdout: Callable[[bytes], object] | None) -> Target:
    dest = output.dest
    if kind == "local":
        if not dest or dest == "-":
            raise InvalidParameter("dest is required for local exporter")
        if os.path.exists(dest) and not os.path.isdir(dest):
            raise Conflict(f'destination directory "{dest}" is a file')
        return Target(folder=dest)
    if output.write is not None:
        return Target(write=output.write)
    if dest in ("", "-"):
        if write_stdout is None:
            raise InvalidParameter(f"dest file is required for {kind} exporter. refusing to write to console")
        return Target(write=write_stdout)
    if os.path.isdir(dest):
        raise Conflict(f'destination file "{dest}" is a directory')
    os.makedirs(os.path.dirname(dest) or ".", exist_ok=True)
    return Target(file=dest)
