"""Where a build's files come from: folders that the daemon may ask for, URLs that it fetches, what comes from stdin."""

import os
import posixpath
import re
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Self

from dockyard.client.build.oci_layout import digest_of
from dockyard.client.build.request import BuildRequest
from dockyard.errors import InvalidParameter, NotFound

_REMOTE = re.compile(r"(https?://|git://|github\.com/|git@|ssh://)")
_LAYOUT = re.compile(r"oci-layout://(?P<folder>.+?)(?::(?P<tag>\w[\w.-]{0,127}))?(?:@(?P<digest>sha256:[0-9a-f]{64}))?")
_OTHERS = ("docker-image://", "target:")
_ARCHIVES = (b"BZh", b"\x1f\x8b\x08", b"\xfd7zXZ\0")
_PEEK = 1024
_PIECE = 1 << 20


class Inputs:
    """What a build is made of. A context manager: leaving it removes what was written for the build.

    attributes: of the frontend. folders: local paths by the names by which the daemon asks.
    layouts: folders in OCI's layout, by id. uploads: by id, what the daemon fetches from
    http://buildkit-session/<id>. shared_key: a context's name, by which the daemon finds what it has of it from
    earlier builds. source_name: how messages call the Dockerfile.
    """

    def __init__(self) -> None:
        self.attributes: dict[str, str] = {}
        self.folders: dict[str, str] = {}
        self.uploads: dict[str, Callable[[], Iterator[bytes]]] = {}
        self.layouts: dict[str, str] = {}
        self.shared_key = ""
        self.source_name = ""
        self._clean = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._clean.close()

    def temporary(self) -> str:
        """A folder that lasts as long as the inputs."""
        made = tempfile.mkdtemp(prefix="dockyard-build-")
        self._clean.callback(shutil.rmtree, made, ignore_errors=True)
        return made


def inputs_of(request: BuildRequest) -> Inputs:
    """The inputs of `request`. Raises InvalidParameter or NotFound for contexts that aren't there."""
    inputs = Inputs()
    try:
        _main(inputs, request)
        for name, value in request.contexts.items():
            _named(inputs, name, value)
    except BaseException:
        inputs.__exit__()
        raise
    return inputs


def is_remote(text: str) -> bool:
    """Whether a context is fetched by the daemon: a URL, or a repository of git."""
    return bool(_REMOTE.match(text))


def _main(inputs: Inputs, request: BuildRequest) -> None:
    context, dockerfile = request.context, request.dockerfile
    inputs.source_name = dockerfile or posixpath.join(context, "Dockerfile")
    if not context:
        raise InvalidParameter('please specify build context (e.g. "." for the current directory)')
    if context == "-":
        _from_stdin(inputs, request)
        return
    if dockerfile == "-":
        inputs.source_name = "stdin"
        _dockerfile_data(inputs, _stdin(request))
    if os.path.isdir(context):
        inputs.folders["context"] = context
        inputs.shared_key = os.path.basename(os.path.abspath(context))
        if dockerfile != "-":
            _dockerfile(inputs, os.path.dirname(dockerfile) if dockerfile else context, os.path.basename(dockerfile))
    elif is_remote(context):
        inputs.attributes["context"] = context
        if os.path.isabs(dockerfile):
            inputs.attributes["dockerfilekey"] = "dockerfile"
            _dockerfile(inputs, os.path.dirname(dockerfile), os.path.basename(dockerfile))
        elif dockerfile != "-":
            inputs.attributes["filename"] = dockerfile or "Dockerfile"
    else:
        raise NotFound(f'unable to prepare context: path "{context}" not found')


def _from_stdin(inputs: Inputs, request: BuildRequest) -> None:
    """An archive that is the context, or a Dockerfile without one."""
    if request.dockerfile == "-":
        raise InvalidParameter("invalid argument: can't use stdin for both build context and dockerfile")
    pieces = _stdin(request)
    start = b""
    for piece in pieces:
        start += piece
        if len(start) >= _PEEK:
            break
    if not is_archive(start):
        if request.dockerfile:
            raise InvalidParameter("ambiguous Dockerfile source: both stdin and flag correspond to Dockerfiles")
        inputs.folders["context"] = inputs.temporary()
        inputs.source_name = "stdin"
        _dockerfile_data(inputs, iter((start, *pieces)))
        return
    name = secrets.token_hex(12)

    def whole() -> Iterator[bytes]:
        yield start
        yield from pieces

    inputs.uploads[name] = whole
    inputs.attributes["context"] = f"http://buildkit-session/{name}"
    inputs.attributes["filename"] = request.dockerfile or "Dockerfile"


def is_archive(start: bytes) -> bool:
    """Whether what begins with these bytes is a tar archive, compressed or not."""
    if start.startswith(_ARCHIVES):
        return True
    if len(start) < 512 or not any(start[:512]):
        return False
    header = start[:512]
    try:
        told = int(header[148:156].strip(b" \0") or b"x", 8)
    except ValueError:
        return False
    return told == sum(header[:148]) + sum(header[156:]) + 8 * 32


def _dockerfile(inputs: Inputs, folder: str, name: str) -> None:
    folder = folder or "."
    name = name or "Dockerfile"
    if not os.path.isdir(folder):
        raise NotFound(f"failed to read dockerfile: open {os.path.join(folder, name)}: no such file or directory")
    if name == "Dockerfile":
        names = os.listdir(folder)
        if "Dockerfile" not in names and "dockerfile" in names:
            name = "dockerfile"
    inputs.folders["dockerfile"] = folder
    inputs.attributes["filename"] = name


def _dockerfile_data(inputs: Inputs, pieces: Iterator[bytes]) -> None:
    folder = inputs.temporary()
    with open(os.path.join(folder, "Dockerfile"), "wb") as file:
        file.writelines(pieces)
    inputs.attributes["dockerfilekey"] = "dockerfile"
    _dockerfile(inputs, folder, "Dockerfile")


def _named(inputs: Inputs, name: str, value: str) -> None:
    inputs.attributes["frontend.caps"] = "moby.buildkit.frontend.contexts+forward"
    if is_remote(value) or value.startswith(_OTHERS):
        inputs.attributes[f"context:{name}"] = value
        return
    if value.startswith("oci-layout://"):
        inputs.attributes[f"context:{name}"] = _layout(inputs, value)
        return
    if not os.path.isdir(value):
        kind = "not a directory" if os.path.exists(value) else "no such file or directory"
        raise NotFound(f"failed to get build context {name}: stat {value}: {kind}")
    local = f"_{name}" if name in ("context", "dockerfile") else name
    inputs.folders[local] = value
    inputs.attributes[f"context:{name}"] = f"local:{local}"
    inputs.attributes[f"sharedkey:localdir:{name}"] = os.path.basename(os.path.abspath(value))


def _layout(inputs: Inputs, value: str) -> str:
    """`oci-layout://FOLDER[:TAG][@DIGEST]` as the daemon asks for it: by an id, with the digest."""
    matched = _LAYOUT.fullmatch(value)
    if matched is None or not os.path.isdir(matched["folder"]):
        raise NotFound(f'oci-layout reference "{value}" could not be resolved: no such folder')
    tag = matched["tag"] or ("" if matched["digest"] else "latest")
    digest = matched["digest"] or digest_of(matched["folder"], tag, alone=True)
    if not digest:
        raise NotFound(f'oci-layout reference "{value}" could not be resolved: failed to resolve digest')
    key = secrets.token_hex(12)
    inputs.layouts[key] = matched["folder"]
    return f"oci-layout://{key}{':' if tag else ''}{tag}@{digest}"


def _stdin(request: BuildRequest) -> Iterator[bytes]:
    read = request.stdin
    if read is None:
        raise InvalidParameter("the build wants to read stdin, and there is none")
    while piece := read(_PIECE):
        yield piece
