"""An error of a build, with what clients show of it: the lines of the Dockerfile, the vertex, the exit code."""

import json
from base64 import b64encode
from typing import Any

from dockyard.builder.dockerfile.source import DockerfileError, Span
from dockyard.builder.ops.run import CommandFailed
from dockyard.engine.builds.kit.events import words
from dockyard.errors import DockyardError, SystemFailure
from dockyard.wire.buildkit.messages import well_known

_TYPES = "github.com/moby/buildkit/"


class BuildFailed(SystemFailure):
    """A build has failed. `details`: `google.protobuf.Any`, as BuildKit's clients read them."""

    def __init__(self, message: str, details: list[Any]) -> None:
        super().__init__(message)
        self.details = details


def failure(
    error: DockyardError, *, filename: str, data: bytes, span: Span | None = None, vertex: str = ""
) -> BuildFailed:
    """The error with its details. `data`: the Dockerfile; `span`: the lines that it is about, unless it knows them."""
    if isinstance(error, BuildFailed):
        return error
    where = error.span if isinstance(error, DockerfileError) and error.span is not None else span
    details = []
    if where is not None and where.start and data:
        source = {
            "info": {"filename": filename, "data": b64encode(data).decode(), "language": "Dockerfile"},
            "ranges": [{"start": {"line": where.start}, "end": {"line": where.end}}],
        }
        details.append(_any("errdefs.Source", source))
    if vertex:
        details.append(_any("errdefs.Vertex", {"digest": vertex}))
    if isinstance(error, CommandFailed):
        details.append(_any("gatewayapi.ExitMessage", {"Code": error.exit_code}))
    return BuildFailed(words(error), details)


def _any(name: str, value: Any) -> Any:
    return well_known.Any(type_url=f"{_TYPES}{name}+json", value=json.dumps(value, separators=(",", ":")).encode())
