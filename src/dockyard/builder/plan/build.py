"""`plan_build`: a Dockerfile, what was asked for, and base images ▸ the stages with their steps and vertices."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dockyard.builder.dockerfile import instructions as types
from dockyard.builder.dockerfile.arguments import Arguments, Pair
from dockyard.builder.dockerfile.instructions import Instruction
from dockyard.builder.dockerfile.lines import Line
from dockyard.builder.dockerfile.lint import LintWarning, in_order, lint
from dockyard.builder.dockerfile.source import DockerfileError, Span
from dockyard.builder.dockerfile.stages import Dockerfile, Stage
from dockyard.builder.graph import Base, Vertex
from dockyard.builder.plan import commands, configure, files, warnings
from dockyard.builder.plan.arguments import StageArguments
from dockyard.builder.plan.options import BaseImage, BaseImages, BuildOptions
from dockyard.builder.plan.outline import SCRATCH, Outline, check_target, needed, outline
from dockyard.builder.plan.state import DEFAULT_PATH, StageState, Step
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.spec.image.config import ImageConfig
from dockyard.spec.image.descriptor import Platform


@dataclass(frozen=True, slots=True)
class PlannedStage:
    """A stage: what it stands on (`image`, or `parent`, an earlier stage), its steps, and what they come to."""

    stage: Stage
    image: BaseImage | None
    parent: int | None
    steps: tuple[Step, ...]
    vertex: Vertex
    config: ImageConfig
    author: str
    variables: Mapping[str, str] = field(default_factory=dict)
    declared: Mapping[str, str | None] = field(default_factory=dict)
    """For BuildKit: variables and build arguments, which those that stand on it inherit."""
    workdir_set: bool = False

    @property
    def triggered(self) -> int:
        """How many of the steps come from the base image's ONBUILD."""
        return sum(step.triggered for step in self.steps)


@dataclass(frozen=True, slots=True)
class BuildPlan:
    """All stages up to the target; None where a stage isn't needed. `unused`: build arguments that nothing declared."""

    dockerfile: Dockerfile
    stages: tuple[PlannedStage | None, ...]
    target: int
    unused: tuple[str, ...]
    warnings: tuple[LintWarning, ...] = ()
    """What there is to say against the Dockerfile, in the order of its lines; nothing in the classic style."""

    @property
    def result(self) -> PlannedStage:
        """The target."""
        stage = self.stages[self.target]
        assert stage is not None
        return stage


async def plan_build(dockerfile: Dockerfile, options: BuildOptions, images: BaseImages) -> BuildPlan:
    """The whole plan.

    Raises DockerfileError, which knows file and text, for what the Dockerfile has wrong; InvalidParameter for a target
    that isn't there; and what `images` raises.
    """
    try:
        sketch = outline(dockerfile, options)
        target = check_target(dockerfile, options.target, options.style)
        wanted = await needed(sketch, images, target)
        planned: list[PlannedStage | None] = []
        for index in range(target + 1):
            planned.append(_plan_stage(sketch, index, planned, index == target) if index in wanted else None)
    except DockerfileError as error:
        raise error.within(dockerfile.name, dockerfile.text) from None
    _fail_on_warnings(sketch)
    return BuildPlan(
        dockerfile, tuple(planned), target, tuple(sketch.arguments.unused()), tuple(in_order(sketch.warnings))
    )


async def check_build(
    dockerfile: Dockerfile, options: BuildOptions, images: BaseImages
) -> "tuple[list[LintWarning], DockyardError | None]":
    """What `docker build --check` tells: warnings about all stages, and what would make the build fail."""
    try:
        sketch = outline(dockerfile, options)
    except DockyardError as error:
        return lint(dockerfile), _located(dockerfile, error)
    failure: DockyardError | None = None
    try:
        check_target(dockerfile, options.target, options.style)
        planned: list[PlannedStage | None] = []
        for index in range(len(dockerfile.stages)):
            await needed(sketch, images, index)
            planned.append(_plan_stage(sketch, index, planned, last=False))
    except DockyardError as error:
        failure = _located(dockerfile, error)
    return in_order(sketch.warnings), failure


def _located(dockerfile: Dockerfile, error: DockyardError) -> DockyardError:
    return error.within(dockerfile.name, dockerfile.text) if isinstance(error, DockerfileError) else error


def _fail_on_warnings(sketch: Outline) -> None:
    """`# check=error=true`: a Dockerfile that wants warnings to be errors gets them."""
    if sketch.settings.fails and sketch.warnings:
        names = ", ".join(sorted({warning.rule for warning in sketch.warnings}))
        raise InvalidParameter(f"lint violation found for rules: {names}")


def _plan_stage(sketch: Outline, index: int, planned: list[PlannedStage | None], last: bool) -> PlannedStage:
    stage = sketch.stages[index]
    image, config, author = None, ImageConfig(), ""
    parent = planned[stage.parent] if stage.parent is not None else None
    if parent is not None:
        config, vertex = parent.config, parent.vertex
    else:
        image = sketch.images[stage.base, sketch.platform_of(index)]
        config = image.image.config
        vertex = Vertex(Base(image.chain_id, stage.base), name=f"FROM {stage.base}", span=stage.stage.begin.line.span)
    config = config._replace(on_build=())
    if parent is None and stage.base == SCRATCH and not sketch.options.is_classic:
        config = config._replace(working_dir="/")
    if not any(one.startswith("PATH=") for one in config.env):
        config = config._replace(env=(*config.env, DEFAULT_PATH))
    finished = {number: one.vertex for number, one in enumerate(planned) if one is not None}
    state = StageState(sketch, index, StageArguments(sketch.arguments), config, vertex, finished, author)
    state.variables.update(state.environment)
    if parent is not None and not sketch.options.is_classic:
        state.variables.update(parent.variables)
        state.arguments.declared.update(parent.declared)
    state.workdir_set = parent is not None and parent.workdir_set
    if image is not None and image.id is not None:
        wanted = sketch.platform_of(index) or sketch.options.target_platform
        found = Platform(image.image.architecture, image.image.os, image.image.variant)
        warnings.base_platform(state, stage.stage.begin, stage.base, wanted, found)
    state.triggers_left = len(sketch.triggers.get(index, ()))
    own = (*sketch.instructions(index), *(_labels(sketch.options) if last else ()))
    for instruction in own:
        try:
            if not isinstance(instruction, _GivenLabel):
                warnings.before(state, instruction)
            _PLANNERS[type(instruction)](state, instruction)
        except DockerfileError as error:
            raise error.at(instruction.line.span) from None
    return PlannedStage(
        stage.stage,
        image,
        stage.parent,
        tuple(state.steps),
        state.vertex,
        state.config,
        state.author,
        state.variables,
        state.arguments.declared,
        state.workdir_set,
    )


def _labels(options: BuildOptions) -> list[Instruction]:
    """`--label` as instructions at the end, sorted, as Docker has them."""
    found: list[Instruction] = []
    for key in sorted(options.labels):
        value = options.labels[key]
        text = f"LABEL {key}={value}"
        line = Line("LABEL", (), Arguments(), text, Span(0, 0))
        found.append(_GivenLabel(line, (Pair(key, value),)))
    return found


class _GivenLabel(types.Label):
    """A label from the command line: nothing in it is expanded."""

    __slots__ = ()


def _plan_given_label(state: StageState, one: types.Label) -> None:
    pairs = [(pair.key, pair.value) for pair in one.pairs]
    state.config = state.config._replace(labels={**state.config.labels, **dict(pairs)})
    if state.options.is_classic:
        state.nop(one, " ".join(["LABEL", *(f"{key}={value}" for key, value in pairs)]))


_PLANNERS: dict[type[Instruction], Callable[[StageState, Any], None]] = {
    types.Add: files.plan_add,
    types.Arg: configure.plan_arg,
    types.Cmd: commands.plan_cmd,
    types.Copy: files.plan_copy,
    types.Entrypoint: commands.plan_entrypoint,
    types.Env: configure.plan_env,
    types.Expose: configure.plan_expose,
    types.HealthCheck: configure.plan_health_check,
    types.Label: configure.plan_label,
    types.Maintainer: configure.plan_maintainer,
    types.OnBuild: configure.plan_on_build,
    types.Run: commands.plan_run,
    types.Shell: configure.plan_shell,
    types.StopSignal: configure.plan_stop_signal,
    types.User: configure.plan_user,
    types.Volume: configure.plan_volume,
    types.Workdir: commands.plan_workdir,
    _GivenLabel: _plan_given_label,
}
