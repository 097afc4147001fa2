"""The stages of a Dockerfile before anything is planned: what each stands on, and which ones the target needs.

Which stages are needed is known once the base images' ONBUILD triggers are; so `needed` asks for base images on its
way, and only for those of needed stages.
"""

import asyncio
import re
from dataclasses import dataclass, field

from dockyard.builder.dockerfile.instructions import Copy, From, Instruction, OnBuild, Run
from dockyard.builder.dockerfile.lines import read_trigger
from dockyard.builder.dockerfile.lint import CheckSettings, LintWarning, check_settings, lint
from dockyard.builder.dockerfile.mounts import mount_origins
from dockyard.builder.dockerfile.parse import parse_instruction
from dockyard.builder.dockerfile.source import DockerfileError
from dockyard.builder.dockerfile.stages import Dockerfile, Stage
from dockyard.builder.dockerfile.suggest import suggestion
from dockyard.builder.dockerfile.words import Mode, expand, scan
from dockyard.builder.plan.arguments import GlobalArguments, platform_arguments
from dockyard.builder.plan.options import BaseImage, BaseImages, BuildOptions
from dockyard.errors import DockyardError, InvalidParameter
from dockyard.spec.image.config import Image
from dockyard.spec.image.descriptor import Platform
from dockyard.store.distribution.reference import parse_reference

SCRATCH = "scratch"
_PART = re.compile(r"[A-Za-z0-9_.-]+", re.ASCII)
_SYSTEMS = ("linux", "windows", "darwin", "freebsd")


@dataclass(frozen=True, slots=True)
class Outlined:
    """A stage: `base` is its image's name, or `parent` the stage that it stands on."""

    stage: Stage
    base: str
    parent: int | None
    platform: Platform | None


@dataclass(slots=True)
class Outline:
    """All stages, and what was found out about the outside: base images and triggers."""

    dockerfile: Dockerfile
    options: BuildOptions
    arguments: GlobalArguments
    stages: list[Outlined] = field(default_factory=list)
    images: dict[tuple[str, Platform | None], BaseImage] = field(default_factory=dict)
    triggers: dict[int, tuple[Instruction, ...]] = field(default_factory=dict)
    settings: CheckSettings = field(default_factory=CheckSettings)
    warnings: list[LintWarning] = field(default_factory=list)

    def warn(self, warning: LintWarning) -> None:
        """A finding, which is kept if it is wanted."""
        if self.settings.wants(warning.rule):
            self.warnings.append(warning)

    @property
    def mode(self) -> Mode:
        """How words of this Dockerfile are read."""
        return Mode(escape=self.dockerfile.escape)

    def instructions(self, index: int) -> tuple[Instruction, ...]:
        """What a stage does: its base image's triggers, then its own."""
        return (*self.triggers.get(index, ()), *self.stages[index].stage.instructions)

    def origin(self, name: str, index: int) -> "int | str":
        """What `--from=name` in stage `index` means: a stage's index, or an image's name."""
        if (context := self.options.context_of(name)) is not None:
            return context
        if not self.options.is_classic:
            self._check_later(name, index)
        elif name.isascii() and name.isdigit() and int(name) >= index:
            where = "refers to current build stage" if int(name) == index else "index out of bounds"
            raise DockerfileError(f"invalid from flag value {name}: {where}")
        found = self.dockerfile.find(name, index)
        return found.index if found is not None else name

    def _check_later(self, name: str, index: int) -> None:
        """BuildKit knows all stages by name and number, and refuses those that come too late."""
        if self.dockerfile.find(name, index) is not None:
            return
        later = self.dockerfile.find(name)
        own = self.stages[index].stage.begin.name or f"stage-{index}"
        if later is not None and later.index == index:
            raise DockerfileError(f"circular dependency detected on stage: {own}")
        if later is not None:
            raise DockerfileError(
                f'cannot copy from stage "{name}", it needs to be defined before current stage "{own}"'
            )

    def platform_of(self, index: int) -> Platform | None:
        """The platform that a stage's FROM asked for, or the build's."""
        return self.stages[index].platform or self.options.platform


def outline(dockerfile: Dockerfile, options: BuildOptions) -> Outline:
    """The stages, names expanded. Raises DockerfileError at the FROM or ARG that is wrong."""
    result = Outline(dockerfile, options, GlobalArguments(options.arguments, platform_arguments(options)))
    if not options.is_classic:  # the classic builder knows no `check`
        result.settings = check_settings(dockerfile, options.arguments.get("BUILDKIT_DOCKERFILE_CHECK") or "")
        result.warnings = lint(dockerfile, result.settings)
    for argument in dockerfile.arguments:
        try:
            result.arguments.declare(argument, result.mode)
        except DockerfileError as error:
            raise error.at(argument.line.span) from None
    for stage in dockerfile.stages:
        try:
            result.stages.append(_outlined(result, stage))
        except DockerfileError as error:
            raise error.at(stage.begin.line.span) from None
    return result


def check_target(dockerfile: Dockerfile, name: str, style: str = "classic") -> int:
    """The index of the stage to build, the last one for an empty name. Raises InvalidParameter in Docker's words."""
    if not name:
        return len(dockerfile.stages) - 1
    found = dockerfile.find(name) if not name.isdigit() else None
    if found is None:
        names = [stage.begin.name or f"stage-{stage.index}" for stage in dockerfile.stages]
        hint = suggestion(name, names, lower=False) if style != "classic" else ""
        raise InvalidParameter(f'target stage "{name}" could not be found{hint}')
    return found.index


def _outlined(result: Outline, stage: Stage) -> Outlined:
    begin: From = stage.begin
    base = expand(begin.base, result.arguments.get, result.mode)
    if not base:
        raise DockerfileError(f"base name ({begin.base}) should not be blank")
    platform = None
    if begin.platform:
        platform = _platform(result, begin.platform)
    parent = next((one.index for one in reversed(result.dockerfile.stages[: stage.index]) if _is(one, base)), None)
    context = result.options.context_of(base)
    if context is not None:
        base, parent = context, None
    elif parent is None and base != SCRATCH and not result.options.is_classic:
        try:
            parse_reference(base)
        except InvalidParameter as error:
            raise DockerfileError(f'failed to parse stage name "{base}": {error}') from None
    return Outlined(stage, base, parent, platform)


def _platform(result: Outline, text: str) -> Platform:
    expanded = scan(text, result.arguments.get, result.mode)
    if not expanded.text:
        known = result.arguments.names()
        hints = (suggestion(name, known, lower=False) for name in sorted(expanded.missing))
        raise DockerfileError(f"empty platform value from expression {text}{next(filter(None, hints), '')}")
    return parse_platform(expanded.text)


def _is(stage: Stage, base: str) -> bool:
    return bool(stage.begin.name) and stage.begin.name == base.lower()


def parse_platform(text: str) -> Platform:
    """`linux/arm64/v8`. Raises DockerfileError in the words of containerd's platforms."""
    parts = text.split("/", 3)
    for part in parts:
        if not _PART.fullmatch(part):
            raise DockerfileError(
                f'failed to parse platform {text}: "{part}" is an invalid component of "{text}": '
                f'platform specifier component must match "^{_PART.pattern}$": invalid argument'
            )
    if len(parts) > 3:
        raise DockerfileError(f'failed to parse platform {text}: "{text}": cannot parse platform specifier')
    same = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "armhf": "arm", "i386": "386"}
    if len(parts) == 1:
        if parts[0] in _SYSTEMS:
            return Platform("", parts[0])
        return Platform(same.get(parts[0], parts[0]), "linux")
    return Platform(same.get(parts[1], parts[1]), parts[0], parts[2] if len(parts) > 2 else "")


async def needed(result: Outline, images: BaseImages, target: int) -> set[int]:
    """Indices of the stages that `target` needs, itself among them; their images and triggers are known afterwards.

    Raises what `images` raises, and DockerfileError for a trigger that can't be read.
    """
    found: set[int] = set()
    pending = {target}
    while pending:
        found |= pending
        await asyncio.gather(*(_find_base(result, images, index) for index in sorted(pending)))
        deeper: set[int] = set()
        for index in pending:
            deeper |= _stages_used(result, index)
        pending = deeper - found
    for index in sorted(found):
        _read_triggers(result, index)
        extra = _stages_used(result, index) - found
        if extra:  # a trigger copies from a stage that nothing else needs
            for one in extra:
                found |= await needed(result, images, one)
    others = {(name, result.platform_of(index)) for index in found for name in _images_used(result, index)}
    await asyncio.gather(*(_find_source(result, images, name, platform) for name, platform in sorted(others, key=str)))
    return found


async def _find_base(result: Outline, images: BaseImages, index: int) -> None:
    one = result.stages[index]
    if one.parent is not None:
        return
    try:
        await _find(result, images, one.base, result.platform_of(index))
    except DockyardError as error:
        if result.options.is_classic:
            raise
        raise DockerfileError(str(_unresolved(one.base, error)), one.stage.begin.line.span) from error


async def _find_source(result: Outline, images: BaseImages, name: str, platform: Platform | None) -> None:
    try:
        await _find(result, images, name, platform)
    except DockyardError as error:
        if not result.options.is_classic:
            raise _unresolved(name, error) from error
        raise type(error)(f"invalid from flag value {name}: {error}") from error


def _unresolved(name: str, error: DockyardError) -> DockyardError:
    try:
        shown = parse_reference(name).with_default_tag()
    except InvalidParameter:
        return error
    return type(error)(f"{name}: failed to resolve source metadata for {shown}: {error}")


async def _find(result: Outline, images: BaseImages, name: str, platform: Platform | None) -> None:
    key = (name, platform)
    if key in result.images:
        return
    if name == SCRATCH:
        wanted = platform or result.options.target_platform
        image = Image(architecture=wanted.architecture, os=wanted.os, variant=wanted.variant)
        result.images[key] = BaseImage(None, image, None)
        return
    result.images[key] = await images.find(name, platform)


def _read_triggers(result: Outline, index: int) -> None:
    one = result.stages[index]
    if one.parent is not None:
        texts = _left_triggers(result, one.parent)
    else:
        texts = result.images[one.base, result.platform_of(index)].image.config.on_build
    triggers = []
    for text in texts:
        try:
            triggers.append(parse_instruction(read_trigger(text)))
        except DockerfileError as error:
            raise DockerfileError(f"ONBUILD trigger of {one.base}: {error}", one.stage.begin.line.span) from None
    result.triggers[index] = tuple(triggers)


def _left_triggers(result: Outline, index: int) -> tuple[str, ...]:
    """The ONBUILDs of a stage: those of what it stands on have been used up by it."""
    return tuple(one.expression for one in result.instructions(index) if isinstance(one, OnBuild))


def _stages_used(result: Outline, index: int) -> set[int]:
    used = {one for one in _origins(result, index) if isinstance(one, int)}
    parent = result.stages[index].parent
    return used if parent is None else used | {parent}


def _images_used(result: Outline, index: int) -> set[str]:
    found = {one for one in _origins(result, index) if isinstance(one, str)}
    return {name for name in found if result.options.contexts.get(name) != "files"}


def _origins(result: Outline, index: int) -> "list[int | str]":
    """What the instructions of a stage copy from and mount. Raises DockerfileError at the one that is wrong."""
    origins: list[int | str] = []
    for instruction in result.instructions(index):
        try:
            if isinstance(instruction, Copy) and instruction.origin:
                origins.append(result.origin(instruction.origin, index))
            elif isinstance(instruction, Run):
                named = [origin for mount in instruction.mounts if (origin := mount_origins(mount))]
                origins += [result.origin(origin, index) for origin in named]
        except DockerfileError as error:
            raise error.at(instruction.line.span) from None
    return origins
