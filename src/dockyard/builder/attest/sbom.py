"""What is in an image: a scanner's image is run on the result, and writes in-toto statements.

BuildKit's protocol for scanners: the result is at BUILDKIT_SCAN_SOURCE, statements are files `*.json` in
BUILDKIT_SCAN_DESTINATION. Here the scanner is a command of the build like others, so that it is cached with what it
scanned; what it wrote is read from its layer, which goes nowhere else.

https://github.com/moby/buildkit/blob/v0.25.1/docs/attestations/sbom-protocol.md
"""

import json
import stat
from collections.abc import Iterator

from dockyard.builder.attest.request import SbomRequest
from dockyard.builder.export.contract import Attestation
from dockyard.builder.files import FileReader, Files
from dockyard.builder.graph import Base, BindMount, Run, TmpfsMount, Vertex
from dockyard.builder.plan import BaseImage
from dockyard.errors import InvalidParameter
from dockyard.spec.image.fields import Json

SPDX = "https://spdx.dev/Document"
SOURCE = "/run/src/core/sbom"
DESTINATION = "/run/out/"
_LIMIT_BYTES = 40 << 20
"""BuildKit reads no larger statements."""


def scan_vertex(request: SbomRequest, scanner: BaseImage, platform: str, result: Vertex, *, no_cache: bool) -> Vertex:
    """The vertex that scans what `result` comes to. Raises InvalidParameter for an image that runs nothing."""
    config = scanner.image.config
    args = (*(config.entrypoint or ()), *(config.cmd or ()))
    if not args:
        raise InvalidParameter(f"scanner {request.generator} does not have cmd")
    told = [f"BUILDKIT_SCAN_DESTINATION={DESTINATION}", f"BUILDKIT_SCAN_SOURCE={SOURCE}"]
    told += [f"BUILDKIT_SCAN_{key}={value}" for key, value in sorted(request.parameters.items())]
    base = Vertex(Base(scanner.chain_id, request.generator), name=f"FROM {request.generator}")
    run = Run(
        args,
        (*config.env, *told),
        config.working_dir or "/",
        config.user,
        mounts=(TmpfsMount("/tmp"), BindMount(SOURCE, 1)),
    )
    name = f"[{platform}] generating sbom using {request.generator}"
    return Vertex(run, (base, result), name, ignore_cache=no_cache)


def read_statements(files: Files) -> tuple[Attestation, ...]:
    """The statements that a scanner has written. Raises InvalidParameter for what is none."""
    with files.reader() as reader:
        found = tuple(_statements(reader))
    if not found:
        raise InvalidParameter(f"the scanner has written no statement to {DESTINATION}")
    return found


def _statements(reader: FileReader) -> Iterator[Attestation]:
    place = tuple(part for part in DESTINATION.encode().split(b"/") if part)
    if reader.status(place) is None:
        return
    for name in sorted(reader.names(place)):
        status = reader.status((*place, name))
        if status is None or not stat.S_ISREG(status.st_mode) or not name.endswith(b".json"):
            continue
        shown = name.decode("utf-8", "replace")
        if status.st_size > _LIMIT_BYTES:
            raise InvalidParameter(f"{shown} exceeds {_LIMIT_BYTES} bytes")
        told = _decoded(b"".join(reader.data((*place, name))), shown)
        if told.get("predicateType") != SPDX or not isinstance(told.get("predicate"), dict):
            raise InvalidParameter(f"bundle entry {shown} does not match required predicate type {SPDX}")
        yield Attestation(SPDX, json.dumps(told["predicate"], ensure_ascii=False).encode(), shown)


def _decoded(data: bytes, name: str) -> Json:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidParameter(f"cannot read in-toto attestation {name}: {error}") from None
    if not isinstance(told, dict):
        raise InvalidParameter(f"cannot read in-toto attestation {name}: not an object")
    return told
