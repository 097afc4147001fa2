"""What progress calls the steps of a build, and how they hang together: BuildKit's vertexes.

[internal] load build context           [build 2/3] RUN make            [linux/arm64 stage-1 1/1] WORKDIR /w
[1/3] FROM docker.io/library/debian:12  [context src] load from client  FROM docker.io/library/nginx:latest
"""

from collections.abc import Mapping
from dataclasses import dataclass

from dockyard.builder.dockerfile.instructions import Copy, Instruction, Run, Transfer, Workdir
from dockyard.builder.graph import Base, LocalTree, Stack, Vertex
from dockyard.builder.plan import BuildPlan, PlannedStage
from dockyard.errors import InvalidParameter
from dockyard.store.distribution.reference import parse_reference


@dataclass(frozen=True, slots=True)
class Line:
    """One vertex as it is shown."""

    digest: str
    name: str
    inputs: tuple[str, ...] = ()


def image_name(text: str) -> str:
    """A base image as it is shown: the whole reference."""
    try:
        return str(parse_reference(text).with_default_tag())
    except InvalidParameter:
        return text


def lines_of(plan: BuildPlan, context_names: Mapping[str, str], prefix: str = "") -> list[Line]:
    """The lines of all vertexes that the target needs, inputs first. `prefix`: the platform, where there are several.

    `context_names`: how each directory of files is called.
    """
    names: dict[str, str] = {}
    for stage in plan.stages:
        if stage is not None:
            _name_stage(plan, stage, names, prefix)
    found: dict[str, Line] = {}
    pending: list[tuple[Vertex, bool]] = [(plan.result.vertex, False)]
    while pending:
        vertex, ready = pending.pop()
        if vertex.digest in found or _is_nothing(vertex):
            continue
        if not ready:
            pending.append((vertex, True))
            pending += [(one, False) for one in reversed(vertex.inputs)]
            continue
        inputs = tuple(dict.fromkeys(one.digest for one in vertex.inputs if not _is_nothing(one)))
        name = names.get(vertex.digest) or _name_of(vertex, context_names)
        found[vertex.digest] = Line(vertex.digest, name, inputs)
    return list(found.values())


def _is_nothing(vertex: Vertex) -> bool:
    return isinstance(vertex.operation, Base) and vertex.operation.chain_id is None


def _name_of(vertex: Vertex, context_names: Mapping[str, str]) -> str:
    match vertex.operation:
        case Base(_, reference):
            return f"FROM {image_name(reference)}"
        case LocalTree(name):
            return context_names.get(name, f"[context {name}] load from client")
    return vertex.name or type(vertex.operation).__name__


def _name_stage(plan: BuildPlan, stage: PlannedStage, names: dict[str, str], prefix: str) -> None:
    begin = stage.stage.begin
    title = begin.name or f"stage-{stage.stage.index}"
    words = [one for one in (prefix, "" if _is_alone(plan) else title) if one]
    base = _base_of(stage)
    counted = [
        step
        for step in stage.steps
        if step.vertex is not None and isinstance(step.instruction, Run | Transfer | Workdir)
    ]
    total = len(counted) + (base is not None)
    width = len(str(total))
    number = 0

    def told(text: str) -> str:
        place = " ".join([*words, f"{number:>{width}}/{total}"])
        return f"[{place}] {text}"

    if base is not None:
        number += 1
        names[base.digest] = told(f"FROM {image_name(base.operation.reference)}")  # type: ignore[union-attr]
    for step in counted:
        number += 1
        assert step.vertex is not None
        trigger = "ONBUILD " if step.triggered else ""
        vertexes = (step.vertex, step.vertex.inputs[1]) if isinstance(step.vertex.operation, Stack) else (step.vertex,)
        for vertex in vertexes:
            keyword, _, rest = vertex.name.partition(" ")
            names[vertex.digest] = told(f"{trigger}{keyword.upper()} {rest}{_summary(step.instruction)}")


def _base_of(stage: PlannedStage) -> Vertex | None:
    """The image that a stage stands on."""
    if stage.parent is not None or stage.image is None or stage.image.chain_id is None:
        return None
    vertex = stage.vertex
    while not isinstance(vertex.operation, Base):
        if not vertex.inputs:
            return None
        vertex = vertex.inputs[0]
    return vertex


def _is_alone(plan: BuildPlan) -> bool:
    """Whether the one stage needs no name: nothing else is copied from or mounted, which are stages for BuildKit."""
    stages = plan.dockerfile.stages
    return len(stages) == 1 and not any(
        (isinstance(one, Copy) and one.origin) or (isinstance(one, Run) and one.mounts)
        for one in stages[0].instructions
    )


def _summary(instruction: Instruction) -> str:
    """The first line of a command that is a document."""
    if not isinstance(instruction, Run) or not instruction.command.files:
        return ""
    first, *more = instruction.command.files[0].content.strip().splitlines() or [""]
    return f" ({first}{'...' if more else ''})"
