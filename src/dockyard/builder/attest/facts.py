"""What is known of a build when it is over, for a statement about it. No value of a secret is among it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from dockyard.builder.graph import Vertex
from dockyard.spec.image.descriptor import Platform


@dataclass(frozen=True, slots=True)
class ImageMaterial:
    """An image that the build stood on. `digest` of what its name meant, empty when only its layers are known."""

    name: str
    digest: str
    platform: Platform


@dataclass(frozen=True, slots=True)
class BuildFacts:
    """`options`: the frontend's, as the client gave them. `secrets`, `agents`: ids, and whether they may be missing.
    Times are RFC 3339. `root`: the graph, and `dockerfile` its text, when it was one.
    """

    frontend: str
    options: Mapping[str, str]
    builder: Platform
    started: str
    finished: str
    invocation: str
    images: tuple[ImageMaterial, ...] = ()
    git: tuple[tuple[str, str], ...] = ()
    """URLs and commits."""
    http: tuple[tuple[str, str], ...] = ()
    """URLs and digests."""
    locals: tuple[str, ...] = ()
    secrets: tuple[tuple[str, bool], ...] = ()
    agents: tuple[tuple[str, bool], ...] = ()
    root: Vertex | None = None
    filename: str = "Dockerfile"
    dockerfile: bytes = b""
    network: bool = True
    """Whether a command could reach the network."""
    layers: Mapping[str, tuple[Mapping[str, object], ...]] = field(default_factory=dict)
    """Descriptors of layers by the digest of the vertex that made them."""
