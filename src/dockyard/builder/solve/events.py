"""What a solver tells on its way. The classic API makes lines of text of it, BuildKit's API its Status messages."""

from dataclasses import dataclass

from dockyard.builder.graph import Vertex
from dockyard.builder.solve.results import Result


@dataclass(frozen=True, slots=True)
class Started:
    """Work on a vertex has begun: the cache didn't have it, or is asked. Nanoseconds since 1970."""

    vertex: Vertex
    time_ns: int


@dataclass(frozen=True, slots=True)
class Running:
    """A vertex's command runs in this container."""

    vertex: Vertex
    container_id: str


@dataclass(frozen=True, slots=True)
class Output:
    """A command, or a tool, said this. `stream` 1 or 2."""

    vertex: Vertex
    stream: int
    data: bytes
    time_ns: int


@dataclass(frozen=True, slots=True)
class Progress:
    """`current` of `total` (0: unknown) bytes of the part `name` are done."""

    vertex: Vertex
    name: str
    current: int
    total: int


@dataclass(frozen=True, slots=True)
class Completed:
    """The end of a vertex: its result, or why there is none. `cached`: nothing had to be done."""

    vertex: Vertex
    time_ns: int
    cached: bool
    result: Result | None
    error: BaseException | None = None


Event = Started | Running | Output | Progress | Completed
